"""The image and the compose file: what they are made of exists, and nothing in them is wide open."""

import json
import os
import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def instructions(name: str) -> list[str]:
    return [line.removeprefix(f"{name} ") for line in DOCKERFILE.splitlines() if line.startswith(f"{name} ")]


def ignored(path: str) -> bool:
    """As Docker reads .dockerignore: the last line that matches decides."""
    result = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.strip()
        if pattern and not pattern.startswith("#"):
            kept = pattern.startswith("!")
            top = path.split("/", maxsplit=1)[0]
            if fnmatch(path, pattern.lstrip("!").removeprefix("**/")) or fnmatch(top, pattern.lstrip("!")):
                result = not kept
    return result


def test_everything_copied_into_the_image_exists_and_reaches_the_builder() -> None:
    copied = [word for line in instructions("COPY") if "--from" not in line for word in line.split()[:-1]]
    assert "bot" in copied
    for name in copied:
        assert (ROOT / name).exists(), name
        assert not ignored(name), name


@pytest.mark.parametrize("name", [".env", ".git", ".venv", ".pigeon", "secrets", "tests", "uv.lock"])
def test_nothing_else_reaches_the_builder(name: str) -> None:
    assert ignored(name)


def test_the_image_runs_as_nobody_in_particular_and_tells_its_health() -> None:
    assert instructions("USER") == ["pigeon"]
    assert DOCKERFILE.index("\nUSER ") > DOCKERFILE.rindex("\nRUN ")
    assert '["pigeon", "health"]' in instructions("HEALTHCHECK")[0]
    assert instructions("ENTRYPOINT") == ['["pigeon"]']
    assert any("docker/install.sh" in line for line in instructions("RUN"))


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_least_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["init"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    published = service.get("ports", [])
    assert name in {"bot", "web"} or not published
    assert all(port.startswith("127.0.0.1:") for port in published), "nothing is open to the network"
    assert service["restart"] == "unless-stopped"
    assert {"mem_limit", "pids_limit"} <= service.keys()


def test_the_bot_waits_for_a_healthy_store_that_keeps_everything() -> None:
    assert SERVICES["bot"]["depends_on"] == {"valkey": {"condition": "service_healthy"}}
    assert SERVICES["bot"]["environment"]["PIGEON_REDIS_URL"] == "redis://valkey:6379/0"
    assert SERVICES["valkey"]["image"].split(":")[1].startswith("9")
    command = " ".join(SERVICES["valkey"]["command"])
    for option in ("--appendonly yes", "--appendfsync always", "--maxmemory-policy noeviction"):
        assert option in command
    assert "healthcheck" in SERVICES["valkey"]


def test_the_store_is_reached_by_the_bot_only() -> None:
    assert SERVICES["valkey"]["networks"] == ["store"]
    assert COMPOSE["networks"]["store"]["internal"] is True


def test_volumes_and_networks_that_are_used_are_declared_and_the_rest_is_not() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service["volumes"]}
    assert {name for name in used if not name.startswith((".", "/"))} == COMPOSE["volumes"].keys()
    assert {name for service in SERVICES.values() for name in service["networks"]} == COMPOSE[
        "networks"
    ].keys()


def test_tokens_come_from_files_that_may_be_missing() -> None:
    assert SERVICES["bot"]["env_file"] == [{"path": ".env", "required": False}]
    assert SERVICES["bot"]["environment"]["PIGEON_SECRETS_DIR"] == "/run/secrets"
    assert "./secrets:/run/secrets:ro" in SERVICES["bot"]["volumes"]
    assert not re.search(r"TOKEN|PASSWORD|SIGNING", json.dumps(COMPOSE))


def test_the_profile_scale_runs_each_role_in_a_service_of_its_own() -> None:
    parts = {name: one for name, one in SERVICES.items() if one.get("profiles") == ["scale"]}
    assert {name: one["environment"]["PIGEON_ROLES"] for name, one in parts.items()} == {
        name: name for name in ("poll", "match", "send", "chat", "web")
    }
    replicas = {name: one["deploy"]["replicas"] for name, one in parts.items()}
    assert replicas == {"poll": 1, "match": 2, "send": 2, "chat": 1, "web": 1}
    assert all(one["environment"]["PIGEON_REDIS_URL"].startswith("redis://valkey") for one in parts.values())


def test_docker_itself_reads_the_compose_file() -> None:
    if (
        subprocess.run(["docker", "compose", "version"], capture_output=True).returncode
        if shutil.which("docker")
        else True
    ):
        pytest.skip("docker compose is not installed here")
    done = subprocess.run(
        ["docker", "compose", "config", "--quiet"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.long
def test_the_steps_of_the_image_give_a_program_without_build_tools(tmp_path: Path) -> None:
    source = tmp_path / "the source"
    source.mkdir()
    for line in instructions("COPY"):
        if "--from" not in line:
            for name in line.split()[:-1]:
                (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, source / name)
    prefix = tmp_path / "opt" / "pigeon"
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    subprocess.run(["sh", source / "docker" / "install.sh", source, prefix], check=True, env=environment)
    shutil.rmtree(source)
    program = (
        "import importlib.metadata as m, importlib.util as u, bot;"
        f"print(m.version('paper-pigeon') == bot.__version__, bot.__file__.startswith(r'{prefix}'),"
        "sorted(e.name for e in m.entry_points(group='paper_pigeon.adapters')),"
        "[n for n in ('pip', 'hatchling', 'pytest') if u.find_spec(n)])"
    )
    said = subprocess.run(
        [prefix / "bin" / "python", "-I", "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "True True ['console', 'discord', 'slack'] []"
    assert (prefix / "bin" / "pigeon").exists()
