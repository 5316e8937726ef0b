"""GET /schema and /docs."""

import json
import re
import warnings

import pytest
import yaml
from drf_spectacular.checks import schema_check
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.factories import EnvironmentFactory
from tests.support.api import codes as problems
from tests.support.routes import ROWS, filled
from volumes.api.openapi.document import RootPathsGenerator
from volumes.models import UsageSample

SIZES = {"size", "provisionedSize", "usedSize", "storage", "limit", "used", "after"}
ENUMS = {"ConsistencyEnum", "SnapshotStatusEnum", "VolumeStatusEnum"}
"""Described where they are used: what a status means depends on whose it is."""

FREE = {"labels", "changes"}
"""Objects whose names callers make up."""


def test_the_deployment_check_accepts_the_schema():
    assert schema_check(None) == []


@pytest.fixture(scope="module")
def document():
    return RootPathsGenerator().document()


@pytest.fixture(scope="module")
def operations(document):
    """Every operation by method and path."""
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def is_integer(schema):
    return "integer" in schema.get("type", ())


def nodes_with(key, node):
    """Every object of the document that has the key."""
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    found = [node] if isinstance(node, dict) and key in node else []
    return found + [deeper for child in children for deeper in nodes_with(key, child)]


def with_content(operation):
    """Its answers but for 304, which has a header only."""
    return [(status, one) for status, one in operation["responses"].items() if status != "304"]


def documented(route):
    return "/" + re.sub(r"<str:(\w+)>", r"{\1}", route)


def test_the_schema_is_valid_openapi_3_1(document):
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1")


def test_the_schema_is_generated_without_warnings(capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        RootPathsGenerator().document()
    assert capsys.readouterr().err == ""


def test_the_schema_lists_operations_at_the_root_only(operations):
    assert set(operations) == {(method, documented(route)) for method, route in ROWS}


def test_paths_are_named_as_in_the_contract(document):
    volume = "/{envId}/volume/{id}"
    assert set(document["paths"]) == {
        *("/{envId}/volume", "/{envId}/volume/validate", volume),
        *(f"{volume}/{name}" for name in ("history", "restore", "usage", "attachment", "snapshot")),
        *(f"{volume}/attachment/{{appId}}", f"{volume}/snapshot/{{snapId}}"),
        *("/{envId}/app", "/{envId}/app/{id}"),
        *("/environments", "/environments/{id}", "/environments/{id}/resource-usage"),
    }


def test_a_malformed_identifier_is_named_as_in_the_document(alices, volumes, here):
    assert problems(alices.get("/x/volume")) == {("envId", "invalid")}
    assert problems(alices.get("/environments/x")) == {("id", "invalid")}
    assert problems(alices.get(f"{volumes}/x")) == {("id", "invalid")}
    assert problems(alices.get(f"{here}/snapshot/x")) == {("snapId", "invalid")}
    assert problems(alices.delete(f"{here}/attachment/x")) == {("appId", "invalid")}


def test_paths_are_relative_to_where_the_document_was_read(document):
    assert document["servers"] == [{"url": "/"}]


def test_methods_are_listed_in_one_order_in_every_process(document):
    order = ["get", "post", "put", "delete"]
    assert all(
        list(methods) == sorted(methods, key=order.index) for methods in document["paths"].values()
    )


def test_operations_have_the_names_of_the_contract(operations):
    names = {operation["operationId"] for operation in operations.values()}
    assert names >= {"volume_history_list", "volume_usage", "environment_resource_usage"}


def test_every_size_is_an_int64_that_javascript_reads_exactly(document):
    sizes = [
        (f"{component}.{name}", schema)
        for component, owner in document["components"]["schemas"].items()
        for name, schema in owner.get("properties", {}).items()
        if name in SIZES and is_integer(schema)
    ]
    assert len(sizes) == 17
    assert [
        name
        for name, schema in sizes
        if (schema.get("format"), schema.get("maximum")) != ("int64", 2**53 - 1)
    ] == []


def test_no_other_number_is_called_a_size(document):
    numbers = {
        name
        for owner in document["components"]["schemas"].values()
        for name, schema in owner.get("properties", {}).items()
        if is_integer(schema)
    }
    assert numbers - SIZES == {"version"}


def test_no_two_enums_share_a_member_in_generated_code(document):
    enums = list(nodes_with("enum", document))
    names = [name for enum in enums for name in enum["x-enum-varnames"]]
    assert [len(enum["x-enum-varnames"]) for enum in enums] == [len(enum["enum"]) for enum in enums]
    assert len(names) == len(set(names)) == 18
    assert all(re.fullmatch("[A-Z][A-Z_]*[A-Z]", name) for name in names)


def test_parameters_have_the_limits_of_the_server(operations):
    schemas = {
        parameter["name"]: parameter["schema"]
        for parameter in operations["GET", "/{envId}/volume"]["parameters"]
        if parameter["in"] == "query"
    }
    texts = [schemas[name] for name in ("name", "nameIs", "cursor")]
    assert [text["maxLength"] for text in texts] == [1024] * 3
    assert (schemas["label"]["maxItems"], schemas["label"]["items"]["maxLength"]) == (32, 1024)


def test_applications_of_a_volume_are_unique(document):
    schemas = document["components"]["schemas"]
    fields = [
        schemas[name]["properties"]["attachedAppsRefs"] for name in ("Volume", "VolumeChange")
    ]
    assert all(field["uniqueItems"] and "set" in field["description"] for field in fields)


def test_every_operation_and_field_has_a_description(document, operations):
    schemas = document["components"]["schemas"]
    texts = {
        **{name: schema.get("description") for name, schema in schemas.items()},
        **{
            f"{owner}.{name}": field.get("description", field.get("$ref"))
            for owner, schema in schemas.items()
            for name, field in schema.get("properties", {}).items()
        },
        **{name: operation["description"] for name, operation in operations.items()},
        **{
            (name, parameter["name"]): parameter.get("description")
            for name, operation in operations.items()
            for parameter in operation.get("parameters", ())
        },
    }
    assert [name for name, text in texts.items() if not text] == sorted(ENUMS)


def test_every_summary_begins_with_a_verb(operations):
    verbs = {operation["summary"].partition(" ")[0] for operation in operations.values()}
    assert verbs == {
        *("List", "Get", "Create", "Update", "Delete"),
        *("Validate", "Restore", "Attach", "Detach", "Take"),
    }


def test_operation_ids_are_unique(operations):
    names = {operation["operationId"] for operation in operations.values()}
    assert len(names) == len(operations)


@pytest.mark.parametrize("case", list(ROWS))
def test_each_response_has_an_example(operations, case):
    operation = operations[case[0], documented(case[1])]
    without = [
        status
        for status, answer in with_content(operation)
        if not answer["content"]["application/json"].get("examples")
    ]
    assert without == []
    assert {str(ROWS[case].status), "400", "401", "403"} <= set(operation["responses"])
    assert operation["summary"]


@pytest.mark.parametrize("case", [case for case, row in ROWS.items() if row.body])
def test_each_body_has_an_example(operations, case):
    body = operations[case[0], documented(case[1])]["requestBody"]
    assert body["content"]["application/json"]["examples"]


@pytest.mark.parametrize("case", [case for case, row in ROWS.items() if "<str:" in case[1]])
def test_operations_document_404_and_409(operations, case):
    assert "404" in operations[case[0], documented(case[1])]["responses"]


def test_every_error_has_the_same_schema(operations):
    examples = [
        example["value"]
        for operation in operations.values()
        for status, answer in with_content(operation)
        for example in answer["content"]["application/json"]["examples"].values()
        if status >= "400"
    ]
    assert all({"code", "message", "details", "requestId"} <= set(one) for one in examples)


@pytest.mark.parametrize("case", list(ROWS))
def test_an_example_has_exactly_the_fields_of_a_response(
    operations, alices, case, make, volumes, row, attached, snapshot, settings, web, company
):
    settings.VOLUME_DELETE_GRACE = 60
    alices.delete(f"{volumes}/{make('gone')['id']}")
    UsageSample.objects.create(volume=row, used_size=1, size=100)
    world = {
        "env": str(row.environment_id),
        "empty": str(EnvironmentFactory.create(company=company).pk),
        "volume": row.ref,
        "spare": make("spare", mountPath="/spare")["id"],
        "gone": alices.get(f"{volumes}?includeDeleted=true&nameIs=gone").json()[0]["id"],
        "app": web.ref,
        "snapshot": snapshot["id"],
    }
    called = ROWS[case]
    answer = alices.send(case[0], f"/{called.path.format(**world)}", filled(called.body, world))
    operation = operations[case[0], documented(case[1])]
    content = operation["responses"][str(called.status)]["content"]["application/json"]
    (example,) = content["examples"].values()
    assert answer.status_code == called.status
    assert alike(example["value"], answer.json())


def alike(example, answer, name=""):
    """Whether both have the same names at every depth; of lists the first members are compared."""
    if name in FREE:
        return True
    if isinstance(example, dict) and isinstance(answer, dict):
        return example.keys() == answer.keys() and all(
            alike(example[key], answer[key], key) for key in example
        )
    if isinstance(example, list) and isinstance(answer, list):
        return not (example and answer) or alike(example[0], answer[0])
    return not any(isinstance(part, dict | list) for part in (example, answer))


def test_documented_request_examples_are_accepted(operations, alices, volumes, memory):
    content = operations["POST", "/{envId}/volume"]["requestBody"]["content"]["application/json"]
    (example,) = content["examples"].values()
    assert alices.post(volumes, example["value"]).status_code == 201


def test_the_schema_documents_both_ways_to_authenticate(document):
    schemes = document["components"]["securitySchemes"]
    assert (schemes["token"]["scheme"], schemes["session"]["name"]) == ("bearer", "sessionid")


def test_the_schema_is_public_as_json_and_yaml(api, db, document):
    as_json, as_yaml = api().get("/schema"), api().get("/schema?format=yaml")
    assert as_json["Content-Type"] == "application/json"
    assert json.loads(as_json.content) == document
    assert yaml.safe_load(as_yaml.content) == document


def test_the_reference_loads_nothing_from_other_hosts(api, db):
    page = api().get("/docs")
    assert page.status_code == 200
    assert not re.search(rb'(src|href)="(https?:)?//', page.content)
    sources = re.findall(rb'(?:src|href)="(/[^"]+)"', page.content)
    assert sources
    assert [api().get(source.decode()).status_code for source in sources] == [200] * len(sources)


def test_responses_of_creates_link_to_the_operations_on_the_object(operations):
    made = {
        case[1]: set(operation["responses"]["201"]["links"])
        for case, operation in operations.items()
        if "201" in operation["responses"]
    }
    assert made["/{envId}/app"] == {"app_retrieve", "app_update", "app_destroy"}
    assert "volume_snapshot_create" in made["/{envId}/volume"]
    assert "volume_create" in made["/environments"]
    assert made["/{envId}/volume/{id}/attachment"] == {"volume_attachment_destroy"}


def test_every_link_names_an_operation_and_its_path_parameters(operations):
    paths = {one["operationId"]: path for (_, path), one in operations.items()}
    links = [
        link
        for operation in operations.values()
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    filled_in = [
        set(link["parameters"]) == set(re.findall(r"{(\w+)}", paths[link["operationId"]]))
        for link in links
    ]
    assert len(links) > 20
    assert all(filled_in)


def test_every_response_documents_its_request_id(operations):
    answers = [one for operation in operations.values() for one in operation["responses"].values()]
    assert all(one["headers"]["X-Request-ID"]["required"] for one in answers)
