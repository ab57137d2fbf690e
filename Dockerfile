# One image for every service of docker-compose.yml.
FROM python:3.11-slim
WORKDIR /atelier
COPY pyproject.toml constraints.txt ./
RUN pip install --no-cache-dir -c constraints.txt uv && uv pip install --system --no-cache -c constraints.txt -r pyproject.toml
COPY . .
CMD ["python", "manage.py", "up"]
