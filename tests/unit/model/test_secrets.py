"""model/secrets: what must not leave the machine, by name and by shape, and what must stay readable."""

# ruff: noqa: E501  (one secret a word, many a line)

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from liveproof.model.secrets import (
    HIDDEN,
    gist,
    harmless_key,
    harmless_setting,
    hide,
    hide_all,
    hide_in_arguments,
    hide_in_command,
    hide_in_path,
    is_secret,
    one_line,
    redacted_diff,
)

X = "zq7hunter"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ6cTdodW50ZXIifQ.c2lnbmF0dXJlenE3aHVudGVy"

IN_TEXT = (
    f"DB_PWD={X}", f"DB_PASS={X}", f"DB_PASSWORD = {X}", f"DB_PASSWORD={X},{X};{X}", f"STRIPE_KEY={X}", f"Cookie: {X}", f"Cookie: a={X}; b={X}",
    f"Set-Cookie: laravel_session={X}; path=/", f"credential={X}", f"access_key={X}", f"passphrase: {X}", f"key: {X}", f"pwd: {X}",
    f"password is {X}", f"Password was {X}", f"mysqldump -u root -p{X} db", f"AUTH {X} failed", f"ERR AUTH {X}", f"Authorization: Token {X}",
    f"Authorization: Bearer {X}", f"Authorization: {X}", f'curl -H "Authorization: Token {X}" h', f"Authorization: Digest username=a, response={X}",
    f'{{"password":"{X}"}}', f'{{\\"password\\":\\"{X}\\"}}', f'{{\\\\\\"password\\\\\\":\\\\\\"{X}\\\\\\"}}', f'{{"pass": "{X} {X}"}}',
    f"/login?auth={X}", f"/hook?sig={X}&x=1", f"GET /a?a=1&token={X}&b=2 HTTP/1.1", f"https://{X}@api.example.com/1", f"https://u:{X}@h",
    f"redis://:{X}@127.0.0.1:6379", f"mysql://root:{X}/{X}@db/x", f"PDO connect('mysql:host=db','root','{X}')",
    f"#3 /x/Connector.php(70): PDO->__construct('mysql:host=db', 'root', '{X}', Array)",
    f"SQLSTATE[23000] (Connection: mysql, SQL: insert into users values ({X}))", f"insert into users values ('{X}', 1)",
    f"api_key => '{X}'", f"'secret' => \"{X}\",", f"$password = '{X}';", f"env[DB_PASS] = {X}", f"$_ENV['DB_PASS'] = '{X}'",
    f"php_admin_value[mysqli.default_pw] = {X}", f"fastcgi_param DB_PASS {X};", f'fastcgi_param MY_CUSTOM "{X}";',
    f"proxy_set_header X-Internal {X};", f"proxy_pass http://u:{X}@127.0.0.1:9/;", f'invalid port in upstream "u:{X}@127.0.0.1:9/" in /etc/nginx/x:10', f"X-Api-Key: {X}", f"dbpass={X}", f"userPassword: {X}",
    f"--password {X}", f"--token={X}", f"IDENTIFIED BY '{X}'", f"requirepass {X}", f"identified by {X}", f"PHPSESSID={X}",
    f"secret:{X}", f"SENTRY_DSN=https://{X}@sentry.example.com/1", f"services.stripe.secret={X}", f"app.key: {X}", f"csrf_token: {X}",
    f"the token {JWT} is", f"APP_KEY=base64:{'QUJD' * 11}=", f"got base64:{'QUJD' * 11}=", "Bearer 0zq7hunter0zq7hunter",
    f"-----BEGIN RSA PRIVATE KEY-----\n{X}\n-----END RSA PRIVATE KEY-----", f"-----BEGIN PRIVATE KEY-----\n{X}",
    "/var/www/a/storage/framework/sessions/zq7hunterAbCdEfGhIjKlMnOpQrStUvWxYz012345", f"MAIL_AUTH={X}", f"LOGIN_PIN={X}", f"HASH_SALT={X}",
    f"ssl_password={X}", f"password:{X}", f'"password" : "{X}"', f"password='{X} with blanks'", f"password={X}) at /x",
)  # fmt: skip
BY_SHAPE = (
    JWT, "sk_live_4eC39HqLyjWDarjtT1zdp7dc", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "AKIAIOSFODNN7EXAMPLE",
    "xoxb-123456789012-1234567890123-4mt0t4l1yf4k3t0k3n", "wJalrXUtnFEMI7K7MDENG7bPxRfiCYEXAMPLEKEY", "k9Xv2Lq8Rt5Wz1Yp4Nm7Bc3D",
    "0f8a3c9e7b1d5f2a4c6e8b0d2f4a6c8e", "$2y$10$92IXUNpkjO0rOQ5byMi.Ye4oKoEa3Ro9llC/.og/at2.uheWG/igi",
)  # fmt: skip
IN_COMMANDS = (
    f"TOKEN={X} php artisan x", f"php artisan x --token={X}", f"php artisan x --password {X}", f"php artisan x --key {X}",
    f'curl -H "X-Api-Key: {X}" https://h/', f"curl -H 'X-Custom: {X}' https://h/", f"curl -u user:{X} https://h/", f"curl -uuser:{X} h",
    f'curl --header="X-Token: {X}" h', f"curl https://u:{X}@h/", f"curl https://{X}@h/", f"curl -b s={X} h", f"curl -d '{X}' h",
    f"mysqldump -p{X} db", f"mysql -u root --password={X}", f"redis-cli -a {X} ping", f"sshpass -p {X} ssh h", f"curl 'https://h/?sig={X}'",
    f"/usr/bin/php artisan queue:work --token={X} --password {X} -p{X} -u user:{X} https://u:{X}@h/", f'DB_PASS="{X} {X}" php x',
    f"sh -c 'curl -H \"X-Custom: {X}\" -u a:{X} h'", f"sh -c 'ENCRYPTION_KEY={X} /bin/true'", f"sh -c 'curl -H \"X-Api-Key: {X}\" h'", f'/bin/sh -c "php artisan x && curl -H \\"X-Api-Key: {X}\\" https://h/"', f"PGPASSWORD={X} pg_dump", f"wget --header='Authorization: Token {X}' h",
)  # fmt: skip


@pytest.mark.parametrize("text", IN_TEXT)
def test_a_secret_in_a_text_is_hidden(text: str) -> None:
    """By its name, its address, its place; wherever it stands, in every way that a text leaves."""
    for way in (hide, one_line, gist):
        told = way(f"before {text}")
        assert "hunter" not in told, told
        assert "before" in told
    assert "hunter" not in hide(text)
    assert "hunter" not in hide_all({"a": [text]})["a"][0]


@pytest.mark.parametrize("secret", BY_SHAPE)
@pytest.mark.parametrize("form", ["{}", "failed with {} today", '"{}"', "x={}", "/api/{}/x"])
def test_a_secret_is_known_by_its_shape(secret: str, form: str) -> None:
    """No name stands beside it."""
    assert secret not in hide(form.format(secret))


@pytest.mark.parametrize("line", IN_COMMANDS)
def test_a_secret_in_a_command_is_hidden(line: str) -> None:
    """As each tool takes its password."""
    for whole in (line, f"cd /var/www/a && {line} >/dev/null", f"* * * * * root {line}"):
        assert "hunter" not in hide_in_command(whole), hide_in_command(whole)


def test_a_secret_in_the_arguments_of_a_process_is_hidden() -> None:
    """Each argument is a word, whatever blanks it holds."""
    argv = (
        "php",
        "artisan",
        "x",
        "--password",
        f"a {X}",
        "-H",
        f"X-Custom: {X}",
        "",
        f"-p{X}",
        f"--key={X}",
        "sh",
        "-c",
        f"DB_PWD={X} y",
    )
    told = hide_in_arguments(argv)
    assert X not in " ".join(told)
    assert len(told) == len(argv)


@pytest.mark.parametrize(
    "line",
    [
        "cd /var/www/api-gateway && php artisan schedule:run >> /dev/null 2>&1",
        "* * * * * www-data php8.2 /var/www/api-gateway/artisan schedule:run",
        "/usr/bin/php artisan queue:work redis --sleep=3 --tries=3 --max-time=3600",
        "mkdir -p /var/www/x && cp -pr a b && find . -path './x' -print0",
        "sudo -u www-data php artisan config:cache", "ssh -p2222 deploy@host", "docker run -p8080:80 -u 33:33 app",
        "rsync -a --delete ./ /var/www/api-gateway/", "curl -fsS -H 'Accept: text/html' https://example.com/up",
        "su - www-data -s /bin/bash -c 'php artisan schedule:run'", "runuser -u www-data -- composer install --no-dev",
    ],
)  # fmt: skip
def test_a_harmless_command_stays(line: str) -> None:
    """It is shown to be pasted."""
    assert hide_in_command(line) == line


@pytest.mark.parametrize(
    "name",
    [
        "DB_PWD", "DB_PASS", "X-Api-Key", "STRIPE_KEY", "APP_KEY", "AWS_ACCESS_KEY_ID", "mysqli.default_pw", "laravel_session", "Cookie",
        "credential", "passphrase", "sig", "auth", "services.mailgun.secret", "authToken", "dbpass", "SENTRY_DSN", "JWT", "clientSecret",
        "headers.authorization.0", "PHPSESSID", "KEY2", "accesskey", "odbc.default_pw",
    ],
)  # fmt: skip
def test_a_name_announces_a_secret(name: str) -> None:
    """Whole words of it, wherever they stand."""
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "fastcgi_pass", "SESSION_DRIVER", "session.save_path", "author", "passed", "Token.php", "auth.defaults.guard", "monkey", "compass",
        "opcache.validate_timestamps", "SCRIPT_FILENAME", "key_length", "TokenMismatchException", "password_file", "max_cached_keys",
        "cipher", "keepalive", "pinned_version", "signal", "design", "assigned", "cookie_lifetime",
    ],
)  # fmt: skip
def test_a_name_announces_none(name: str) -> None:
    """Parts of other words, and names of a place."""
    assert not is_secret(name)


def test_names_stand_beside_values() -> None:
    """A value is hidden by the name in a mapping or as the first of a pair; numbers and digests stay."""
    told = hide_all({
        "values": [["mysqli.default_pw", X], ["session.save_path", f"tcp://h?auth={X}"], ["memory_limit", "128M"]],
        "password": X, "api_key": ["a"], "max_cached_keys": 12, "old_sha256": "ab12" * 16, "path": "/var/www/x",
    })  # fmt: skip
    assert X not in str(told)
    assert told["values"][0] == ["mysqli.default_pw", HIDDEN]
    assert told["values"][2] == ["memory_limit", "128M"]
    assert (told["max_cached_keys"], told["old_sha256"], told["path"]) == (12, "ab12" * 16, "/var/www/x")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("opcache.validate_timestamps", "0", "0"), ("error_log", "/var/log/php/error.log", "/var/log/php/error.log"), ("memory_limit", "256M", "256M"),
        ("date.timezone", "Europe/Berlin", "Europe/Berlin"), ("display_errors", "off", "off"), ("disable_functions", "exec,system", "exec,system"),
        ("mysqli.default_pw", X, HIDDEN), ("sendmail_path", f"/usr/sbin/sendmail -t -p{X}", HIDDEN),
        ("session.save_path", f"tcp://127.0.0.1:6379?auth={X}", HIDDEN), ("my.own", X, HIDDEN), ("session.save_path", "/var/lib/php/sessions", "/var/lib/php/sessions"),
    ],
)  # fmt: skip
def test_a_setting_is_told_only_where_it_can_be_no_secret(name: str, value: str, told: str) -> None:
    """Numbers, switches, paths."""
    assert harmless_setting(name, value) == told


@pytest.mark.parametrize(
    "key",
    [
        "app",
        "redis",
        "utf8mb4",
        "App\\Providers\\AppServiceProvider",
        "oauth2",
        "0",
        "s3",
        "laravel-worker",
        "2",
    ],
)
def test_a_key_of_an_array_stays(key: str) -> None:
    """What a person wrote to name something."""
    assert harmless_key(key) == key


@pytest.mark.parametrize(
    "key",
    [
        "zqleak041word77x",
        "zqleak041word",
        "k9Xv2Lq8Rt5Wz1Yp4Nm7Bc3D",
        "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
        JWT,
        "a" * 300,
        "x@y=z",
    ],
)
def test_a_key_that_is_a_token_is_hidden(key: str) -> None:
    """It names a client by its secret."""
    assert harmless_key(key) == HIDDEN


def test_values_of_a_query_are_hidden() -> None:
    """All of them: what they mean only the app knows."""
    assert hide_in_path(f"/a/b?token={X}&x={X}&flag") == f"/a/b?token={HIDDEN}&x={HIDDEN}&flag"
    assert hide_in_path("/api/retell/function") == "/api/retell/function"


def test_an_edit_is_shown_as_its_changed_lines() -> None:
    """Neither the lines around it nor what stands behind a comment."""
    old = f"; pw {X}\n[www]\nenv[DB_PASS] = {X}\nlisten.owner = root ; {X}\nphp_admin_value[x] = {X}\n"
    new = old.replace("listen.owner = root", "listen.owner = www-data")
    told = redacted_diff("/etc/php/pool.conf", old, new)
    assert X not in told
    assert f"-listen.owner = root ; {HIDDEN}" in told
    assert f"+listen.owner = www-data ; {HIDDEN}" in told
    assert "DB_PASS" not in told
    line = f"location / {{ fastcgi_param DB_PASS {X}; fastcgi_param SCRIPT_FILENAME $document_root$x; }} # {X}\n"
    told = redacted_diff("/etc/nginx/site", line, line.replace("$document_root", "$realpath_root"))
    assert X not in told
    assert "SCRIPT_FILENAME $realpath_root$x" in told
    assert X not in redacted_diff("f", f"env[A] = {X}\n", f"env[A] = {X}2\n")


HOSTILE = ("-", "a", "token", "=", "key=", "://", "'", '"', "\\", " ", "/", "x@", "a.", "(", "SQL: ", "A1", "-p", "--key ", "eyJ", "AUTH ", "[", "…", "pdo(", "-----BEGIN ", "a@a.a", "1", "/a", "\n", ":", '\\"', "password is ")  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("way", [hide, gist, one_line, hide_in_command, hide_in_path, harmless_key, is_secret])
def test_the_work_grows_with_the_text(way: Callable[[str], object], piece: str) -> None:
    """Twice the text is about twice the work, not four times: anybody's process may have an argument of 100 kB."""

    def work(size: int) -> Iterator[float]:
        text = (piece * size)[:size] + "!"
        for _ in range(3):
            began = time.process_time()
            way(text)
            yield time.process_time() - began

    way("warm")
    spent = []
    for each in work(100_000):
        if each < 0.025:
            return
        spent.append(each)
    assert min(spent) < min(work(12_500)) * 24  # eight times the text; a quadratic pattern takes 64 times as long


HARMLESS = (Path(__file__).parent / "harmless.txt").read_text().splitlines()


def test_there_are_enough_harmless_texts() -> None:
    """As many as the law asks for."""
    assert len(set(HARMLESS)) >= 200


@pytest.mark.parametrize("text", HARMLESS)
def test_what_an_administrator_needs_stays(text: str) -> None:
    """Paths, class names, commits, messages, versions, times, runs, units, digests with their label."""
    assert hide(text) == text
    assert hide(f"saw {text} here") == f"saw {text} here"
    assert hide_all({"message": text}) == {"message": text}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("boom zq7hunter 3", "… 3"),
        ('Class "App\\X" not found', 'Class "App\\X" not found'),
        ("Target class [App\\Http\\X] does not exist.", "Target class [App\\Http\\X] does not exist."),
        ("Call to undefined function foo()", "Call to undefined function foo()"),
        ("file_put_contents(/var/www/a/b.php): Failed to open stream: Permission denied",) * 2,
        ("SQLSTATE[HY000] [2002] Connection refused",) * 2,
        ("connect() to unix:/run/php/x.sock failed (2: No such file or directory) while connecting to upstream",) * 2,
        ("Allowed memory size of 134217728 bytes exhausted", "Allowed memory size of … bytes exhausted"),
        ("The user zq7hunter has no password zq7hunter", "The user … has no password …"),
        ("at /reset/zq7hunter", "at …"),
        ("PIN 482913 wrong", "… wrong"),
    ],
)  # fmt: skip
def test_a_foreign_text_is_told_in_known_words(text: str, told: str) -> None:
    """What PHP, Laravel, nginx and PHP-FPM say stays; what anybody may have put into it does not."""
    assert gist(text) == told


@pytest.mark.parametrize("text", [*IN_TEXT, *IN_COMMANDS])
def test_what_is_hidden_already_stays_as_it_is(text: str) -> None:
    """A text passes here more than once on its way: when it is found, kept and shown."""
    once = hide(text)
    assert hide(once) == once
