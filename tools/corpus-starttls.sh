# Sourced by corpus.sh: TLS that begins after something else, on servers of mail, files, chat, directories, databases.
# Debian: postfix dovecot-imapd dovecot-pop3d vsftpd prosody slapd postgresql mariadb-server
# shellcheck shell=bash disable=SC2154

# mail_servers: postfix, dovecot.
mail_servers() {
    mkdir -p "$work"/postfix/{conf,queue,data} "$work"/dovecot/{base,state}
    chown postfix "$work/postfix/data"
    echo '127.0.0.1:2525 inet n - n - - smtpd' >"$work/postfix/conf/master.cf"
    grep -v '^smtp  *inet' /usr/share/postfix/master.cf.dist >>"$work/postfix/conf/master.cf"
    cat >"$work/postfix/conf/main.cf" <<CONF
compatibility_level = 3.6
queue_directory = $work/postfix/queue
data_directory = $work/postfix/data
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
myhostname = mail.shop.example
inet_interfaces = 127.0.0.1
smtpd_tls_cert_file = $work/mail.crt
smtpd_tls_key_file = $work/mail.key
smtpd_tls_security_level = may
CONF
    in_space postfix -c "$work/postfix/conf" start
    cat >"$work/dovecot.conf" <<CONF
base_dir = $work/dovecot/base
state_dir = $work/dovecot/state
protocols = imap pop3
listen = 127.0.0.1
ssl_cert = <$work/mail.crt
ssl_key = <$work/mail.key
log_path = $work/dovecot.log
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=$work/dovecot
}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = 1143
  }
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  chroot =
  inet_listener pop3 {
    port = 1110
  }
  inet_listener pop3s {
    port = 0
  }
}
CONF
    serve dovecot -F -c "$work/dovecot.conf"
}

# other_servers: vsftpd, prosody, slapd, postgres, mariadb.
other_servers() {
    local postgres
    mkdir -p "$work"/{ftp,empty,xmpp,ldap/db,sql,maria}
    cat >"$work/vsftpd.conf" <<CONF
listen=YES
listen_address=127.0.0.1
listen_port=2121
anonymous_enable=YES
anon_root=$work/ftp
ssl_enable=YES
allow_anon_ssl=YES
rsa_cert_file=$work/mail.crt
rsa_private_key_file=$work/mail.key
ssl_ciphers=HIGH
seccomp_sandbox=NO
background=NO
secure_chroot_dir=$work/empty
CONF
    serve vsftpd "$work/vsftpd.conf"
    cp "$work"/mail.{crt,key} "$work/xmpp"
    cat >"$work/xmpp/prosody.cfg.lua" <<CONF
pidfile = "$work/xmpp/pid"; data_path = "$work/xmpp"; interfaces = { "127.0.0.1" }
modules_enabled = { "tls", "saslauth" }
ssl = { certificate = "$work/xmpp/mail.crt"; key = "$work/xmpp/mail.key" }
log = { info = "$work/xmpp/log" }
VirtualHost "shop.example"
CONF
    chown -R prosody "$work/xmpp"
    serve runuser -u prosody -- prosody --config "$work/xmpp/prosody.cfg.lua" -F
    cat >"$work/slapd.conf" <<CONF
include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile $work/ldap/pid
TLSCertificateFile $work/mail.crt
TLSCertificateKeyFile $work/mail.key
database mdb
suffix "dc=shop,dc=example"
directory $work/ldap/db
CONF
    serve slapd -d 0 -h ldap://127.0.0.1:1389 -f "$work/slapd.conf"
    postgres=$(dirname "$(find /usr/lib/postgresql -name initdb | sort -V | tail -1)")
    chown postgres "$work/sql"
    runuser -u postgres -- "$postgres/initdb" -D "$work/sql/data" -A trust >"$work/initdb.log"
    cp "$work/mail.crt" "$work/sql/data/server.crt"
    install -m 600 "$work/mail.key" "$work/sql/data/server.key"
    chown postgres "$work"/sql/data/server.*
    serve runuser -u postgres -- "$postgres/postgres" -D "$work/sql/data" -c ssl=on -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories="$work/sql"
    cp "$work"/mail.{crt,key} "$work/maria"
    chown -R mysql "$work/maria"
    mariadb-install-db --no-defaults --user=mysql --datadir="$work/maria/data" >"$work/install.log" 2>&1
    serve mariadbd --no-defaults --user=mysql --datadir="$work/maria/data" --socket="$work/maria/s" --port=3306 \
        --bind-address=127.0.0.1 --ssl-cert="$work/maria/mail.crt" --ssl-key="$work/maria/mail.key" \
        --pid-file="$work/maria/pid" --innodb-buffer-pool-size=16M
}

make_starttls() {
    make_certificate mail
    chmod 755 "$work"
    mail_servers
    other_servers
    for port in 1110 1143 1389 2121 2525 3306 5222 5432; do wait_port $port; done
    starttls() {
        call_tls 2525 -starttls smtp -name client.example
        call_tls 1143 -starttls imap -tls1_2
        call_tls 1110 -starttls pop3
        call_tls 2121 -starttls ftp
        call_tls 5222 -starttls xmpp -xmpphost shop.example
        call_tls 1389 -starttls ldap
        call_tls 5432 -starttls postgres
        call_tls 3306 -starttls mysql
        in_space psql 'host=127.0.0.1 user=postgres sslmode=require' -c 'select 1'
        in_space mariadb --no-defaults -h 127.0.0.1 -u root --ssl -e 'select 1' || true # is let in or not, after TLS
    }
    local ports
    ports=$(printf ' or tcp port %s' 1110 1143 1389 2121 2525 3306 5222 5432)
    record Tls/starttls "${ports# or }" starttls
    in_space postfix -c "$work/postfix/conf" stop
}
