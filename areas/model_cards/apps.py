from django.apps import AppConfig


class ModelCardsConfig(AppConfig):
    name = "areas.model_cards"
    label = "model_cards"
