"""REL009, shared_link_leads_elsewhere."""

from tests.lab import Host


def fault(host: Host) -> None:
    """`storage:link` ran in a staging tree, which is gone."""
    host.sh("""
        mkdir -p /var/www/staging/storage/app/public; rm -f public/storage
        ln -s /var/www/staging/storage/app/public public/storage; chown -h "$WWW:" public/storage
        rm -r /var/www/staging; systemctl reload "$FPM"; sleep 1
    """)
    host.warm()


def symptom(host: Host) -> bool:
    """What was uploaded is not found."""
    return (
        host.sh("test -e public/storage && echo there || echo gone") == "gone" and host.get("/storage/x").status == 404
    )


def lookalike(host: Host) -> None:
    """Uploads lie outside of the app, and a package brought a link to nothing."""
    host.sh("""
        mkdir -p /var/www/uploads; rm -f public/storage; ln -s /var/www/uploads public/storage
        ln -s ../nothing vendor/dangling; chown -h "$WWW:" /var/www/uploads public/storage vendor/dangling
        systemctl reload "$FPM"; sleep 1
    """)
    host.warm()
