"""Loads with DorisClient. Arguments: front end's HTTP address, MySQL port, user, password."""

import sys

from DorisClient import DorisSession

frontend, port, user, password = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]


def session(given=password, database="test"):
    return DorisSession(fe_servers=[frontend], database=database, user=user, passwd=given, mysql_port=port)


def attempt(name, action):
    try:
        print(f"{name}: {action()}")
    except Exception as error:
        print(f"{name}: {type(error).__name__} {error}")


doris = session()
rows = [{"id": str(number), "name": f"n\t{number} é\"\\", "score": str(number)} for number in range(500)]
# The published retry sleeps before each try, the first too.
print("loaded:", doris.streamload("t", rows))
found = doris.read("select id, name, score from t order by id")
assert [str(row["id"]) for row in found] == [row["id"] for row in rows], found
assert [row["name"] for row in found] == [row["name"] for row in rows], found
print("read back:", len(found))
print("once more over a unique key:", doris._streamload("u", rows) and doris._streamload("u", rows))
print("rows of the unique table:", doris.read("select count(*) as n from u")[0]["n"])
attempt("bad row", lambda: doris._streamload("t", [{"id": "x", "name": "a", "score": "1"}]))
attempt("no table", lambda: doris._streamload("nope", rows))
attempt("wrong password", lambda: session("wrong")._streamload("t", rows))
print("after all:", doris.read("select count(*) as n from t")[0]["n"])
