"""Today's tables for an empty database, made in one transaction from the models as the migrations leave them.

Migration by migration, Django makes classes of nearly all models anew at every step; that takes many times as long and
ends the same, as a test proves.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration, RunPython
from django.db.migrations.executor import MigrationExecutor

if TYPE_CHECKING:
    from django.db.models import Model


def is_empty(connection: BaseDatabaseWrapper) -> bool:
    """Whether nobody has made a table yet."""
    return not connection.introspection.table_names()


def ours() -> set[str]:
    """The labels of our own apps."""
    return {app.label for app in apps.get_app_configs() if app.name.startswith("keepers.")}


def make_tables(connection: BaseDatabaseWrapper) -> None:
    """Make the tables of all models and what our migrations add beside them, and note every migration as done.

    A `RunPython` of ours is left out where it is `elidable`: it changes rows, or mends what another migration left.
    """
    executor = MigrationExecutor(connection)
    migrations = [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    left = executor.loader.project_state().apps
    models: list[type[Model]] = [*left.get_models(), executor.recorder.Migration]
    with connection.schema_editor() as editor:
        for model in models:
            if model._meta.can_migrate(connection):
                editor.create_model(model)
        for step in _steps_beside(migrations):
            step.code(left, editor)
        for migration in migrations:
            executor.record_migration(migration)  # type: ignore[call-arg, arg-type]  # the stubs are of another Django


def _steps_beside(migrations: list[Migration]) -> Iterator[RunPython]:
    own = ours()
    for migration in migrations:
        if migration.app_label in own:
            for step in migration.operations:
                if isinstance(step, RunPython) and not step.elidable:
                    yield step
