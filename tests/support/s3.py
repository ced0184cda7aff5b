"""An S3 server in this process, and what the environment says of it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

SECRET = "canary-secret-0123456789"
BUCKET = "survey"


class Server:
    """The server, its bucket, and a client of its own."""

    def __init__(self) -> None:
        """Start one at a free port of 127.0.0.1."""
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        self.client: Any = boto3.client(
            "s3", endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id="canary-id",
            aws_secret_access_key=SECRET,
        )  # fmt: skip
        self.client.create_bucket(Bucket=BUCKET)

    def objects(self, folder: str = "") -> dict[str, bytes]:
        """Key below a folder of the bucket → content."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=folder)
        keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
        found = {key: self.client.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}
        return {key.removeprefix(folder): content for key, content in found.items()}

    def put(self, key: str, content: bytes) -> None:
        """Write an object."""
        self.client.put_object(Bucket=BUCKET, Key=key, Body=content)

    def stop(self) -> None:
        """Be gone, as when the connection is lost."""
        self._server.stop()


@contextmanager
def served(patch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that the environment names, with credentials in it."""
    server = Server()
    patch.setenv("AWS_ENDPOINT_URL", server.endpoint)
    patch.setenv("AWS_ACCESS_KEY_ID", "canary-id")
    patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"):
        patch.delenv(name, raising=False)
    try:
        yield server
    finally:
        server.stop()
