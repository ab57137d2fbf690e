"""The verbs that SageMaker repeats over its nouns, answered from the model and the declared Resource."""


def handler_for(operation: str):
    return None
