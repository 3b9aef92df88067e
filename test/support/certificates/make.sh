#!/bin/sh
# Makes the certificates of this folder anew (see README.md). Needs openssl 3; touches nothing but this folder.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
touch "$work/index.txt"
cat > "$work/ca.cnf" <<CNF
[ca]
default_ca = test
[test]
database = $work/index.txt
new_certs_dir = $work
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
CNF

# sign NAME EXTENSION NOT-BEFORE NOT-AFTER SIGNER...
sign() {
  name=$1 extension=$2 from=$3 to=$4
  shift 4
  openssl ecparam -name prime256v1 -genkey -noout -out "$name.key"
  openssl req -new -key "$name.key" -subj "/CN=$name" -addext "$extension" -out "$work/$name.csr"
  openssl ca -batch -config "$work/ca.cnf" "$@" -notext -startdate "$from" -enddate "$to" \
    -in "$work/$name.csr" -out "$name.crt"
}

sign authority basicConstraints=critical,CA:TRUE 20250101000000Z 21250101000000Z -selfsign -keyfile authority.key
by_authority="-cert authority.crt -keyfile authority.key"
sign valid subjectAltName=DNS:provider.test 20250101000000Z 21250101000000Z $by_authority
sign expired subjectAltName=DNS:provider.test 20240101000000Z 20240201000000Z $by_authority
sign wrong-host subjectAltName=DNS:elsewhere.test 20250101000000Z 21250101000000Z $by_authority
sign self-signed subjectAltName=DNS:provider.test 20250101000000Z 21250101000000Z -selfsign -keyfile self-signed.key
rm authority.key
