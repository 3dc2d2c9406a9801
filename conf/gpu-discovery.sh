#!/usr/bin/env bash
# Tells Spark which GPUs this host has: {"name": "gpu", "addresses": ["0", "1"]}
# An address is the index by which CUDA knows the device. nvidia-smi counts in the same order where
# CUDA_DEVICE_ORDER is PCI_BUS_ID (spark-defaults-gpu.conf sets it). Where CUDA_VISIBLE_DEVICES
# shows this process some devices only, CUDA counts those, from 0.
set -euo pipefail

if [[ -n ${CUDA_VISIBLE_DEVICES:-} ]]; then
  IFS=, read -ra visible <<<"$CUDA_VISIBLE_DEVICES"
  indices=$(seq 0 $((${#visible[@]} - 1)))
elif command -v nvidia-smi >/dev/null; then
  indices=$(nvidia-smi --query-gpu=index --format=csv,noheader)
else
  echo "gpu-discovery.sh: there is no nvidia-smi on $(hostname): no driver is installed, or PATH does not lead to it" >&2
  exit 1
fi
printf '{"name": "gpu", "addresses": [%s]}\n' "$(sed 's/[[:space:]]//g; s/.*/"&"/' <<<"$indices" | paste -sd, - | sed 's/,/, /g')"
