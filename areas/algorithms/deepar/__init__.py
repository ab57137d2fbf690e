"""DeepAR: probabilistic forecasts by one recurrent network for many time series."""
