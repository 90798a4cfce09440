"""HTTPS with a self-signed certificate; http redirects there."""

import http.client
import ssl
from collections.abc import Mapping
from typing import Final

from benchmarks.chaos.oracle import Door
from tests.lab import Host
from tests.lab.web import Answer

_NAME: Final = "gateway.example"
DOORS: Final = (Door("https", 443, _NAME), Door("http", 80, _NAME))
# Both server blocks in the app's one file, the app's own first.
_SCRIPT: Final = f"""
openssl req -x509 -newkey rsa:2048 -nodes -keyout /etc/ssl/private/gateway.key -out /etc/ssl/certs/gateway.pem \\
    -days 30 -subj /CN={_NAME} 2>/dev/null
cd /etc/nginx/sites-available
sed -i 's/listen 80 default_server/listen 443 ssl default_server/
    s/listen \\[::\\]:80 default_server/listen [::]:443 ssl default_server/
    s,server_name _;,server_name {_NAME};\\n    ssl_certificate /etc/ssl/certs/gateway.pem;\\n    @KEY@,' \\
    api-gateway
sed -i "s,@KEY@,ssl_certificate_key /etc/ssl/private/gateway.key;," api-gateway
cat >> api-gateway <<'END'

server {{
    listen 80 default_server;
    listen [::]:80 default_server;
    server_name {_NAME};
    return 301 https://$host$request_uri;
}}
END
nginx -t -q; systemctl reload nginx; sleep 0.5
"""


class Secure(Host):
    """A host whose visitors come by HTTPS, once ``secure`` has run."""

    _secured = False

    def secure(self) -> None:
        """Make the certificate and both server blocks."""
        self.sh(_SCRIPT)
        self._secured = True

    def request(
        self, method: str, path: str, *, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Any request through nginx, from outside; the certificate is not looked at."""
        if not self._secured:
            return super().request(method, path, body=body, headers=headers)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(self.ip, 443, timeout=15, context=context)
        try:
            sent = {"Host": _NAME, **(headers or {})}
            connection.request(method, path, body=None if body is None else body.encode(), headers=sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode(errors="replace"))
        except (OSError, http.client.HTTPException) as error:
            return Answer(0, f"{type(error).__name__}: {error}")
        finally:
            connection.close()
