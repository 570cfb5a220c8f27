#!/usr/bin/env bash
# Makes a certificate authority and certificates for the nodes of docker-compose.yml in the folder that is named, to try TLS with.
# Valid for a year; the keys can be read by everybody on this machine, since each container has another user. What is there is left as it is.
set -euo pipefail
folder=${1:?"usage: scripts/servers/certificates.sh FOLDER"}
mkdir -p "$folder"
cd "$folder"
[[ -e ca.crt ]] || openssl req -x509 -newkey rsa:2048 -nodes -days 365 -keyout ca.key -out ca.crt -subj /CN=ordertrail-trial 2>/dev/null

# NAME COMMON-NAME ALTERNATIVE-NAMES
certificate() {
  [[ -e $1.crt ]] && return
  openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$2" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -out "$1.crt" \
    -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$3") 2>/dev/null
  rm "$1.csr"
}
for n in 1 2 3; do
  certificate "eventstore-$n" eventstoredb-node "DNS:eventstore-$n,IP:172.30.240.1$n"
  certificate "mongo-$n" "mongo-$n" "DNS:mongo-$n,DNS:localhost"
  cat "mongo-$n.crt" "mongo-$n.key" >"mongo-$n.pem"
done
chmod 644 ./*.crt ./*.pem eventstore-*.key
