#!/bin/sh
# Formats the data directory at the first start, with the program's user in it, and starts the broker.
# A later change of the password goes by kafka-configs.sh, see docs/production.md.
set -eu
kafka=${KAFKA_HOME:-/opt/kafka}/bin
secrets=${SECRETS:-/run/secrets}
properties=${1:?which server.properties?}

"$kafka/kafka-storage.sh" format --ignore-formatted --config "$properties" \
  --cluster-id "$(cat "$secrets/kafka-cluster-id")" \
  --add-scram "SCRAM-SHA-512=[name=energy,password=$(cat "$secrets/kafka-password")]"
exec "$kafka/kafka-server-start.sh" "$properties"
