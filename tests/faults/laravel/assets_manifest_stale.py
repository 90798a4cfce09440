"""LAR013, assets_manifest_stale."""

from tests.lab import Host

# As Vite 5 writes it; its source map is not deployed.
_BUILT = r"""
mkdir -p public/build/assets
cat > public/build/manifest.json <<'END'
{
  "_shared-Bx1.js": {"file": "assets/shared-Bx1.js", "name": "shared", "imports": []},
  "resources/css/app.css": {"file": "assets/app-Cq2.css", "src": "resources/css/app.css", "isEntry": true},
  "resources/js/app.js": {"file": "assets/app-Dr3.js", "src": "resources/js/app.js", "isEntry": true,
    "imports": ["_shared-Bx1.js"], "css": ["assets/app-Cq2.css"], "assets": ["assets/font-Es4.woff2"]},
  "resources/js/app.js.map": {"file": "assets/app-Dr3.js.map"}
}
END
for name in shared-Bx1.js app-Cq2.css app-Dr3.js font-Es4.woff2; do echo built > public/build/assets/$name; done
chown -R --reference=artisan public/build
"""


def fault(host: Host) -> None:
    """The files of another build came with the manifest."""
    host.sh(f"{_BUILT}\n mv public/build/assets/app-Dr3.js public/build/assets/app-Xx9.js")


def symptom(host: Host) -> bool:
    """A file that pages name is not there, nor is it answered as one."""
    return host.sh("ls public/build/assets/app-Dr3.js 2>&1 || true").endswith("No such file or directory")


def lookalike(host: Host) -> None:
    """All files are there, behind a link to a directory of its own; Mix's manifest names versions."""
    host.sh(f"""{_BUILT}
        mv public/build /srv/built; ln -s /srv/built public/build
        mkdir -p public/js; echo built > public/js/old.js
        echo '{{"/js/old.js": "/js/old.js?id=4ed993c7a1"}}' > public/mix-manifest.json
        chown -hR --reference=artisan public/build public/js public/mix-manifest.json
    """)
