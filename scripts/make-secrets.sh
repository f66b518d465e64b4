#!/bin/sh
# Makes what docker-compose.yml asks for and nobody should choose by hand: random passwords, a private CA and
# the servers' certificates, in deploy/secrets. Run it as root: each file then belongs to the user of the one
# container that reads it (Compose mounts secrets with the owner and mode they have on the host and ignores
# uid, gid and mode in its file). What exists is never overwritten, so it can be run again at any time; it then
# only mends owners and modes and warns of certificates that end or lack a name.
#
#   sudo sh scripts/make-secrets.sh [--name HOST_OR_ADDRESS]... [DIRECTORY]
#
# --name: under which gateways and officers reach this host; goes into the certificates made in this run.
set -eu
umask 077

directory=
names=
while [ $# -gt 0 ]; do
  case $1 in
    --name)
      [ $# -ge 2 ] || { echo "--name: give a host name or an address" >&2; exit 2; }
      case $2 in
        *[!A-Za-z0-9.:-]* | '' | -*) echo "--name $2: give a host name or an address" >&2; exit 2 ;;
      esac
      names="$names $2"
      shift 2
      ;;
    -*) echo "$1: unknown; usage: make-secrets.sh [--name HOST]... [DIRECTORY]" >&2; exit 2 ;;
    *) directory=$1; shift ;;
  esac
done
directory=${directory:-$(dirname "$0")/../deploy/secrets}
command -v openssl >/dev/null || { echo "openssl is missing: install the package of that name" >&2; exit 1; }

# The users of the containers, as in docker-compose.yml.
root=0 energy=10001 kafka=1000 influxdb=1000 mosquitto=1883 grafana=472

mkdir -p "$directory"
chmod 700 "$directory"
making=$directory/.making
rm -rf "$making"
mkdir "$making"
trap 'rm -rf "$making"' EXIT

own() { # FILE UID [MODE]
  chmod "${3:-600}" "$directory/$1"
  if [ "$(id -u)" = 0 ]; then chown "$2:$2" "$directory/$1"; fi
}

keep() { # FILE: a finished file goes to its place in one step
  mv "$making/$1" "$directory/$1"
  echo "made $1"
}

random() { # FILE UID
  if [ ! -e "$directory/$1" ]; then
    openssl rand -hex 32 | tr -d '\n' >"$making/$1"
    keep "$1"
  fi
  own "$1" "$2"
}

copy() { # FILE FROM UID: the same secret for a second reader
  if [ ! -e "$directory/$1" ]; then
    cp "$directory/$2" "$making/$1"
    keep "$1"
  elif ! cmp -s "$directory/$1" "$directory/$2"; then
    echo "$directory/$1 differs from $2: delete the outdated one of the two and run this again" >&2
    exit 1
  fi
  own "$1" "$3"
}

cluster_id() { # FILE UID: 16 random bytes as Kafka writes them; a leading hyphen would read as an option
  if [ ! -e "$directory/$1" ]; then
    id=-
    while [ "${id#-}" != "$id" ]; do id=$(openssl rand -base64 16 | tr '+/' '-_' | cut -c1-22); done
    printf '%s' "$id" >"$making/$1"
    keep "$1"
  fi
  own "$1" "$2"
}

alternative() { # NAME: as subjectAltName wants it
  case $1 in
    *:*) echo "IP:$1" ;;
    *[!0-9.]*) echo "DNS:$1" ;;
    *) echo "IP:$1" ;;
  esac
}

whole() { # NAME: false if the pair must be made; half a pair is for a person to look at
  if [ -e "$directory/$1.key" ] && [ -e "$directory/$1.crt" ]; then return 0; fi
  if [ ! -e "$directory/$1.key" ] && [ ! -e "$directory/$1.crt" ]; then return 1; fi
  echo "$directory/$1.key and $1.crt: one of the two is missing; restore it, or delete the other and run this again" >&2
  exit 1
}

authority() {
  if ! whole ca; then
    openssl req -x509 -newkey rsa:3072 -sha256 -nodes -days 3650 -subj "/CN=County energy monitor private CA" \
      -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign \
      -keyout "$making/ca.key" -out "$making/ca.crt" 2>/dev/null
    keep ca.key
    keep ca.crt
  fi
  own ca.key "$root"
  own ca.crt "$root" 644
}

certificate() { # NAME UID SERVICE...: key and certificate of a server, for its services and the given names
  pair=$1 owner=$2
  shift 2
  # shellcheck disable=SC2086 # the names are words without blanks, see above
  if ! whole "$pair"; then
    alternatives=IP:127.0.0.1
    for name in localhost "$@" $names; do alternatives=$alternatives,$(alternative "$name"); done
    # Brokers know each other by their certificates: no other server's may pass for one.
    usage=serverAuth
    if [ "$pair" = kafka ]; then usage=serverAuth,clientAuth; fi
    printf '%s\n' basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature,keyEncipherment \
      "extendedKeyUsage=$usage" "subjectAltName=$alternatives" >"$making/extensions"
    openssl req -newkey rsa:3072 -sha256 -nodes -subj "/CN=$pair" \
      -keyout "$making/$pair.key" -out "$making/$pair.csr" 2>/dev/null
    openssl x509 -req -sha256 -days 825 -in "$making/$pair.csr" -CA "$directory/ca.crt" -CAkey "$directory/ca.key" \
      -set_serial "0x$(openssl rand -hex 16)" -extfile "$making/extensions" -out "$making/$pair.crt" 2>/dev/null
    keep "$pair.key"
    keep "$pair.crt"
  fi
  own "$pair.key" "$owner"
  own "$pair.crt" "$owner" 644
  openssl x509 -in "$directory/$pair.crt" -noout -checkend 5184000 >/dev/null ||
    echo "$pair.crt ends within 60 days: delete $pair.crt and $pair.key, run this again, restart its container" >&2
  for name in $names; do
    case $(alternative "$name") in IP:*) how=-checkip ;; *) how=-checkhost ;; esac
    openssl x509 -in "$directory/$pair.crt" -noout "$how" "$name" | grep -q 'does match' ||
      echo "$pair.crt does not hold $name: delete $pair.crt and $pair.key and run this again" >&2
  done
}

bundle() { # FILE PAIR UID: key and chain in one PEM file, as Kafka reads them
  if [ ! -e "$directory/$1" ] || [ "$directory/$2.crt" -nt "$directory/$1" ]; then
    cat "$directory/$2.key" "$directory/$2.crt" "$directory/ca.crt" >"$making/$1"
    keep "$1"
  fi
  own "$1" "$3"
}

authority
certificate mosquitto "$mosquitto" mosquitto
certificate kafka "$kafka" kafka
bundle kafka.pem kafka "$kafka"
certificate influxdb "$influxdb" influxdb
certificate grafana "$grafana" grafana
certificate energy "$energy" collector processor board

cluster_id kafka-cluster-id "$kafka"
random kafka-password "$kafka"
copy energy-kafka-password kafka-password "$energy"
random influxdb-admin-password "$influxdb"
random influxdb-operator-token "$influxdb"
copy energy-influxdb-operator-token influxdb-operator-token "$energy"
random grafana-admin-password "$grafana"
random grafana-secret-key "$grafana"
random mqtt-collector-password "$energy"
random grafana-hook-token "$grafana"

# Filled by commands of the program: who may connect, and the broker's files.
# With the token by which Grafana hands its alerts over, as a hash.
hook=sha256\$$(openssl dgst -sha256 -r "$directory/grafana-hook-token" | cut -c1-64)
if [ ! -e "$directory/energy-secrets.yaml" ]; then
  printf 'gateways: {}\noperators: {}\ntokens:\n  grafana: { hash: "%s", role: officer }\n' "$hook" \
    >"$making/energy-secrets.yaml"
  keep energy-secrets.yaml
elif ! grep -qF "$hook" "$directory/energy-secrets.yaml"; then
  echo "Grafana cannot hand over alerts: enter under tokens of $directory/energy-secrets.yaml" >&2
  echo "  grafana: { hash: \"$hook\", role: officer }" >&2
fi
own energy-secrets.yaml "$energy"
mkdir -p "$directory/mosquitto"
chmod -R u=rwX,go= "$directory/mosquitto"
if [ "$(id -u)" = 0 ]; then chown -R "$mosquitto:$mosquitto" "$directory/mosquitto"; fi

if [ "$(id -u)" != 0 ]; then
  echo "not run as root: the files belong to you and the containers cannot read them; run it again with sudo" >&2
fi
