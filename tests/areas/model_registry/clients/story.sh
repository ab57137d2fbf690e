#!/usr/bin/env bash
# The registry by the AWS CLI alone. Needs AWS_* and DATA, IMAGE, TOLD, and aws on the PATH.
set -euo pipefail
sm() { aws sagemaker "$@"; }
sm create-model-package-group --model-package-group-name cli-group --model-package-group-description "by the CLI" >/dev/null
for _ in 1 2; do
    arn=$(sm create-model-package --model-package-group-name cli-group --query ModelPackageArn --output text \
        --inference-specification "{\"Containers\": [{\"Image\": \"$IMAGE\", \"ModelDataUrl\": \"$DATA\"}]}")
done
sm update-model-package --model-package-arn "$arn" --model-approval-status Approved >/dev/null
approved=$(sm list-model-packages --model-package-group-name cli-group --model-approval-status Approved \
    --query 'ModelPackageSummaryList[].ModelPackageVersion' --output text)
policy='{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sagemaker:Describe*", "Resource": "*"}]}'
sm put-model-package-group-policy --model-package-group-name cli-group --resource-policy "$policy" >/dev/null
back=$(sm get-model-package-group-policy --model-package-group-name cli-group --query ResourcePolicy --output text)
[ "$back" = "$policy" ]
refused=$(sm delete-model-package-group --model-package-group-name cli-group 2>&1 || true)
[[ $refused == *ConflictException* ]]
for number in 1 2; do sm delete-model-package --model-package-name "cli-group/$number"; done
sm delete-model-package-group --model-package-group-name cli-group
echo "{\"approved\": \"$approved\", \"arn\": \"$arn\"}" >"$TOLD"
