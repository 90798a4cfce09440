"""NGX002, configuration_changed_since_load."""

from tests.lab import Host

SITE = "/etc/nginx/sites-available/api-gateway"


def fault(host: Host) -> None:
    """A header that nobody loaded."""
    host.sh("sleep 1")
    host.liveproof("check")
    host.sh(f"sed -i '0,/server_name/s//add_header X-Edited yes always;\\n    server_name/' {SITE}; nginx -t")


def symptom(host: Host) -> bool:
    """The header stands in the file, and no answer has it."""
    host.sh("sleep 0.3")
    answers = host.sh("curl -s -D - -o /dev/null http://127.0.0.1/api/status")
    return "X-Edited" in host.sh(f"cat {SITE}") and "X-Edited" not in answers


def lookalike(host: Host) -> None:
    """Edited and reloaded; a worker that died; files that were touched, rewritten, or written and removed again."""
    host.sh(f"""
        sed -i '0,/server_name/s//add_header X-Edited yes always;\\n    server_name/' {SITE}
        nginx -t && systemctl reload nginx
        sleep 1
        curl -s -D - -o /dev/null http://127.0.0.1/api/status | grep -q X-Edited
    """)
    host.liveproof("check")
    host.sh(f"""
        kill -9 "$(pgrep -P "$(systemctl show -p MainPID --value nginx)" | head -n 1)"
        sleep 1
        touch {SITE} /etc/nginx/nginx.conf
        cp -p {SITE} /tmp/same && cp /tmp/same {SITE}
        chmod 600 /etc/nginx/mime.types
        touch /etc/nginx/sites-enabled/.swp; rm /etc/nginx/sites-enabled/.swp
    """)
