# Read by the scripts beside it: a private authority and what it signs, in the folder $pki.
pki_days=30

authority() { # NAME
    openssl ecparam -genkey -name prime256v1 -noout -out "$pki/$1.key"
    openssl req -x509 -new -key "$pki/$1.key" -subj "/CN=netsniff-test-$1" -days $pki_days -sha256 -out "$pki/$1.crt" \
        -addext keyUsage=critical,digitalSignature,keyCertSign
}

certificate() { # NAME SUBJECT [NAMES [AUTHORITY]]
    openssl ecparam -genkey -name prime256v1 -noout -out "$pki/$1.key"
    openssl req -new -key "$pki/$1.key" -subj "$2" -out "$pki/$1.csr"
    openssl x509 -req -in "$pki/$1.csr" -CA "$pki/${4:-ca}.crt" -CAkey "$pki/${4:-ca}.key" -days $pki_days -sha256 \
        -set_serial "0x$(openssl rand -hex 8)" \
        -extfile <(printf 'extendedKeyUsage=clientAuth,serverAuth\n%s' "${3:+subjectAltName=$3}") \
        -out "$pki/$1.crt" 2>/dev/null
}

token_keys() { # for ServiceAccount tokens
    openssl genrsa -out "$pki/sa.key" 2048 2>/dev/null
    openssl rsa -in "$pki/sa.key" -pubout -out "$pki/sa.pub" 2>/dev/null
}
