#!/bin/sh
# Copies all of InfluxDB to /backups while it works, or puts such a copy in the place of all it has.
#
#   backup.sh backup              into a new folder named by the time
#   backup.sh restore FOLDER      with every process of ours stopped
set -eu
backups=${BACKUPS:-/backups}
INFLUX_TOKEN=$(cat "${SECRETS:-/run/secrets}/influxdb-operator-token")
export INFLUX_TOKEN
case ${1:-} in
  backup)
    folder=$backups/$(date -u +%Y-%m-%dT%H%M%SZ)
    influx backup "$folder.partial"
    mv "$folder.partial" "$folder"
    echo "$folder"
    ;;
  restore)
    [ -d "$backups/${2:?which folder of /backups?}" ] || { echo "$backups/$2: there is no such folder" >&2; exit 1; }
    influx restore --full "$backups/$2"
    ;;
  *) echo "backup.sh backup, or backup.sh restore FOLDER" >&2; exit 2 ;;
esac
