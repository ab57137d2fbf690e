"""What the audit log's own actions are called in a sentence, where the words of the action don't say it.

Each is (past, infinitive) with places in braces: ``{what}`` is the thing, the others come from the entry's texts.
"""

PHRASES = {
    "SignIn": ("signed in", "sign in as {what}"),
    "SignOut": ("signed out", "sign out"),
    "LockOut": ("locked {what} out", "sign in as {what} after too many wrong passwords"),
    "ChangePassword": ("changed their password", "change their password"),
    "SetPassword": ("set the password of {what}", "set the password of {what}"),
    "ResetPassword": ("reset the password of {what}", "reset the password of {what}"),
    "EndSessions": ("ended the sessions of {what}", "end the sessions of {what}"),
    "GiveRole": ("gave {what} the role {role}{where}", "give {what} the role {role}{where}"),
    "TakeRole": ("took the role {role}{where} from {what}", "take the role {role}{where} from {what}"),
    "AddGroupMember": ("added {user} to {what}", "add {user} to {what}"),
    "RemoveGroupMember": ("removed {user} from {what}", "remove {user} from {what}"),
    "StartRun": ("asked for {what}", "ask for {what}"),
    "CancelRun": ("took back the request for {what}", "take back the request for {what}"),
    "OpenApprovalRequest": ("asked for the approval of {what}", "ask for the approval of {what}"),
    "VoteApprovalRequest": ("voted to {vote} {what}", "vote on {what}"),
    "CommentApprovalRequest": ("commented on {what}", "comment on {what}"),
    "RunApprovalChecks": ("ran the checks of {what}", "run the checks of {what}"),
    "OverrideApprovalChecks": ("overrode the failed checks of {what}", "override the failed checks of {what}"),
    "ReconsiderApproval": (
        "had the approval of {what} considered again",
        "have the approval of {what} considered again",
    ),
    "VoidApprovalVotes": ("voided the votes on {what}, whose content changed", "void the votes on {what}"),
    "ExpireApprovalRequest": ("let the request to approve {what} expire", "let the request to approve {what} expire"),
    "ApprovedOutsideTheDesk": ("found that {by} approved {what} outside of the desk", "approve {what}"),
    "RejectedOutsideTheDesk": ("found that {by} rejected {what} outside of the desk", "reject {what}"),
    "WriteRunNote": ("wrote the note of {what}", "write the note of {what}"),
    "UnarchiveRun": ("took {what} out of the archive", "take {what} out of the archive"),
    "UndoRollout": ("undid the rollout of {what} to endpoint {endpoint}", "undo the rollout of {what}"),
    "ShareReport": ("made a link to {what}", "make a link to {what}"),
    "OpenSharedReport": ("was told that somebody opened {what} by a link for the first time", "open {what} by a link"),
    "RevokeReportLink": ("revoked a link to {what}", "revoke a link to {what}"),
    "FreezeReport": ("froze the data of {what}", "freeze the data of {what}"),
    "DeleteReportSnapshot": ("deleted frozen data of {what}", "delete frozen data of {what}"),
    "RedeployChampion": (
        "put the champion before {what} back on endpoint {endpoint}",
        "redeploy the champion before {what}",
    ),
}

# The first words of actions: (past, infinitive).
VERBS = {
    "Create": ("created", "create"), "Update": ("changed", "change"), "Delete": ("deleted", "delete"),
    "Stop": ("stopped", "stop"), "Start": ("started", "start"), "Add": ("added", "add"), "Put": ("set", "set"),
    "Remove": ("removed", "remove"), "Import": ("imported", "import"), "Register": ("registered", "register"),
    "Approve": ("approved", "approve"), "Reject": ("rejected", "reject"), "Revoke": ("revoked", "revoke"),
    "Disable": ("disabled", "disable"), "Enable": ("enabled", "enable"), "Invite": ("invited", "invite"),
    "Retry": ("retried", "retry"), "Rotate": ("renewed", "renew"), "Deactivate": ("deactivated", "deactivate"),
    "Reactivate": ("reactivated", "reactivate"), "Unlock": ("unlocked", "unlock"), "Archive": ("archived", "archive"),
    "Restore": ("restored", "restore"), "Upload": ("uploaded", "upload"), "Edit": ("edited", "edit"),
    "Split": ("split", "split"), "Point": ("pointed", "point"), "Set": ("set", "set"), "Send": ("sent", "send"),
    "Associate": ("tied", "tie"), "Disassociate": ("untied", "untie"), "Attach": ("attached", "attach"),
    "Detach": ("detached", "detach"), "Cancel": ("cancelled", "cancel"), "Abort": ("broke off", "break off"),
}  # fmt: skip

APPROVALS = {
    "Approved": ("approved", "approve"),
    "Rejected": ("rejected", "reject"),
    "PendingManualApproval": ("asked for the approval of", "ask for the approval of"),
}
