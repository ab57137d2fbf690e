"""The hosts of a training job by instance group: a job without InstanceGroups is one group, as resourceconfig.json calls it."""

from dataclasses import dataclass

from engine.errors import invalid, unsupported
from engine.runtime import hosts

HOMOGENEOUS = "homogeneousCluster"


@dataclass(frozen=True)
class Group:
    name: str
    instance_type: str
    hosts: tuple[str, ...]  # sorted as text, as SageMaker's own lists are

    @property
    def told(self) -> dict:
        """The group in resourceconfig.json."""
        return {"instance_group_name": self.name, "instance_type": self.instance_type, "hosts": list(self.hosts)}


def groups_of(resources: dict) -> list[Group]:
    """The groups of a ResourceConfig in their order; hosts are numbered through them: algo-1 is of the first."""
    given = resources.get("InstanceGroups") or [
        {
            "InstanceGroupName": HOMOGENEOUS,
            "InstanceType": resources["InstanceType"],
            "InstanceCount": resources["InstanceCount"],
        }
    ]
    found, number = [], 1
    for one in given:
        names = sorted(f"algo-{n}" for n in range(number, number + one["InstanceCount"]))
        found.append(Group(one["InstanceGroupName"], one["InstanceType"], tuple(names)))
        number += one["InstanceCount"]
    return found


def count_of(resources: dict) -> int:
    """How many hosts a ResourceConfig asks for."""
    return sum(len(group.hosts) for group in groups_of(resources))


def group_of(groups: list[Group], host: str) -> Group:
    return next(group for group in groups if host in group.hosts)


def check(request: dict) -> None:
    """ValidationException for a ResourceConfig that can't be, ResourceLimitExceeded for more hosts than run here."""
    resources = request.get("ResourceConfig")
    if not resources:
        raise invalid("ResourceConfig must be given.")
    given = resources.get("InstanceGroups") or []
    if given and (resources.get("InstanceType") or resources.get("InstanceCount")):
        raise invalid("ResourceConfig takes either InstanceGroups or InstanceType and InstanceCount, not both.")
    if given:
        names = [group["InstanceGroupName"] for group in given]
        if len(set(names)) != len(names):
            raise invalid("The names of ResourceConfig.InstanceGroups must differ.")
        if sum(group["InstanceCount"] for group in given) == 0:
            raise invalid("ResourceConfig.InstanceGroups must have at least one instance.")
        if resources.get("KeepAlivePeriodInSeconds"):
            raise invalid("Warm pools (KeepAlivePeriodInSeconds) can't be used with InstanceGroups.")
    elif not resources.get("InstanceType") or not resources.get("InstanceCount"):
        raise invalid("ResourceConfig.InstanceType and ResourceConfig.InstanceCount must be given.")
    kind = given[0]["InstanceType"] if given else resources["InstanceType"]
    hosts.check_count(count_of(resources), kind, "training job")
    for member in ("VolumeKmsKeyId", "TrainingPlanArn", "InstancePlacementConfig", "InstancePreferences"):
        if resources.get(member):
            raise unsupported(f"ResourceConfig.{member}")


def check_channel(channel: dict, source: dict, request: dict) -> None:
    """ValidationException for InstanceGroupNames that name no group of the job."""
    wanted = source.get("InstanceGroupNames") or []
    known = [group["InstanceGroupName"] for group in request.get("ResourceConfig", {}).get("InstanceGroups") or ()]
    for name in wanted:
        if name not in known:
            raise invalid(
                f"InstanceGroupNames of channel {channel['ChannelName']} names {name}, which ResourceConfig.InstanceGroups "
                f"does not have."
            )


def sees(channel: dict, group: Group) -> bool:
    """Whether hosts of a group get a channel."""
    wanted = channel["DataSource"]["S3DataSource"].get("InstanceGroupNames")
    return not wanted or group.name in wanted


def place_in(channel: dict, groups: list[Group], host: str) -> tuple[int, int]:
    """``(number, count)`` of a host among those that share a channel's objects under ShardedByS3Key."""
    sharing = [name for group in groups if sees(channel, group) for name in group.hosts]
    return sharing.index(host), len(sharing)
