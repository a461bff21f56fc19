"""People at their browsers, a workspace of their own, and the worker beside them: for the tests of Data."""

from dataclasses import dataclass
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django_tasks_db.management.commands.db_worker import Worker
from pytest_django.fixtures import Settings

from keepers.crm.data.models import Upload
from keepers.crm.people.models import User
from keepers.crm.people.roles import Role
from keepers.loop.workspace import Workspace


def work() -> None:
    """Do all that waits, as the worker does."""
    Worker(
        queue_names=["default"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="tests",
        excluded_queue_names=[],
    ).run()


def open_desk(settings: Settings, folder: Path, email: str, *, is_administrator: bool) -> "Desk":
    """Somebody new, signed in on a workspace in this folder."""
    settings.WORKSPACE = Workspace(folder / "home")
    role = Role.OWNER if is_administrator else Role.READ_ONLY
    user = User.objects.create_user(email, name=email.split("@", maxsplit=1)[0].title(), role=role)
    client = Client()
    client.force_login(user)
    return Desk(client, user, settings.WORKSPACE)


@dataclass(frozen=True)
class Desk:
    """Somebody signed in, and the workspace that they work on."""

    client: Client
    user: User
    workspace: Workspace

    def upload(self, *files: Path) -> Upload:
        """Step 1."""
        sent = [SimpleUploadedFile(file.name, file.read_bytes()) for file in files]
        answer = self.client.post(reverse("new_import"), {"orders": sent})
        assert answer.status_code == 302, answer.content.decode()
        return Upload.objects.get(pk=int(answer.headers["Location"].split("/")[3]))

    def check(self, upload: Upload, **changes: str) -> HttpResponse:
        """Steps 2 and 3: the columns as they were recognised, but for the changes; then the worker reads."""
        form = {"source": "orders", "timezone": "UTC", "dates": "auto", "duplicates": "auto"}
        for number, column in enumerate(upload.heads[0]["columns"]):
            form[f"column-{number}"] = changes.pop(column["header"], column["column"])
        answer = self.client.post(reverse("upload_columns", args=[upload.pk]), form | changes)
        work()
        return answer

    def bring(self, *files: Path) -> Upload:
        """All five steps."""
        upload = self.upload(*files)
        self.check(upload)
        self.client.post(reverse("upload_landing", args=[upload.pk]))
        work()
        upload.refresh_from_db()
        return upload

    def page(self, name: str, *arguments: object) -> str:
        """What a page shows."""
        answer = self.client.get(reverse(name, args=arguments), follow=True)
        assert answer.status_code == 200, answer.status_code
        return answer.content.decode()
