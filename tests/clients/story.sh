#!/usr/bin/env bash
# The whole path by the AWS CLI alone, with its waiters. Needs AWS_* and SAGEMAKER_ROLE, BUCKET, DATA, and aws on the PATH.
set -euo pipefail
name="cli-$RANDOM"
image=683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1
aws s3 cp --quiet "$DATA" "s3://$BUCKET/cli/train/train.csv"
aws sagemaker create-training-job --training-job-name "$name" --role-arn "$SAGEMAKER_ROLE" \
    --algorithm-specification "TrainingImage=$image,TrainingInputMode=File" \
    --hyper-parameters num_round=20,objective=binary:logistic \
    --input-data-config "[{\"ChannelName\":\"train\",\"ContentType\":\"text/csv\",\"DataSource\":{\"S3DataSource\":{\"S3DataType\":\"S3Prefix\",\"S3Uri\":\"s3://$BUCKET/cli/train/\"}}}]" \
    --output-data-config "S3OutputPath=s3://$BUCKET/cli/output" \
    --resource-config InstanceType=ml.m5.large,InstanceCount=1,VolumeSizeInGB=10 \
    --stopping-condition MaxRuntimeInSeconds=600 >/dev/null
until status=$(aws sagemaker describe-training-job --training-job-name "$name" --query TrainingJobStatus --output text) &&
    [ "$status" != InProgress ]; do sleep 0.5; done
aws sagemaker wait training-job-completed-or-stopped --training-job-name "$name"
model=$(aws sagemaker describe-training-job --training-job-name "$name" --query ModelArtifacts.S3ModelArtifacts --output text)
aws sagemaker create-model --model-name "$name" --execution-role-arn "$SAGEMAKER_ROLE" \
    --primary-container "Image=$image,ModelDataUrl=$model" >/dev/null
aws sagemaker create-endpoint-config --endpoint-config-name "$name" --production-variants \
    "VariantName=AllTraffic,ModelName=$name,InitialInstanceCount=1,InstanceType=ml.m5.large" >/dev/null
aws sagemaker create-endpoint --endpoint-name "$name" --endpoint-config-name "$name" >/dev/null
until [ "$(aws sagemaker describe-endpoint --endpoint-name "$name" --query EndpointStatus --output text)" != Creating ]; do sleep 0.5; done
aws sagemaker wait endpoint-in-service --endpoint-name "$name"
answer=$(mktemp)
aws sagemaker-runtime invoke-endpoint --endpoint-name "$name" --content-type text/csv \
    --body "$(head -n 1 "$DATA" | cut -d, -f2-)" "$answer" >/dev/null
aws sagemaker delete-endpoint --endpoint-name "$name"
aws sagemaker wait endpoint-deleted --endpoint-name "$name"
lines=$(aws logs filter-log-events --log-group-name /aws/sagemaker/TrainingJobs --log-stream-name-prefix "$name/" --query 'events[].timestamp' --output text | wc -w)
echo "{\"job\": \"$name\", \"status\": \"$status\", \"prediction\": $(tr -d "\n" <"$answer"), \"log_lines\": $lines}" >"$TOLD"
