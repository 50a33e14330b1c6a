#!/bin/sh
# Renders the manifests and holds them to the schemas of Kubernetes: kubernetes.sh VALIDATE, a command of that kind.
# Without kubectl or kustomize it says so and passes: nothing of the product needs them.
set -eu
validate=$1
cd "$(dirname "$0")/../kubernetes"
if command -v kubectl >/dev/null; then
  render="kubectl kustomize"
elif command -v kustomize >/dev/null; then
  render="kustomize build"
else
  echo "neither kubectl nor kustomize is here: the manifests were not rendered"
  exit 0
fi
rendered=$(mktemp)
trap 'rm -f "$rendered"' EXIT
for folder in base example; do
  $render "$folder" >"$rendered"
  "$OLDPWD/$validate" --quiet --strict "$rendered"
  echo "$folder: $(grep -c '^kind:' "$rendered") objects"
done
