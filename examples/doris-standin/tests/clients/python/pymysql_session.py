"""What PyMySQL reads back and is refused. Arguments: port, password."""

import datetime
import decimal
import sys

import pymysql

port, password = int(sys.argv[1]), sys.argv[2]


def connect(user="root", given=password, **more):
    return pymysql.connect(host="127.0.0.1", port=port, user=user, password=given, **more)


def refused(name, action):
    try:
        action()
        print(f"{name}: taken")
    except pymysql.MySQLError as error:
        text = str(error.args[1]).replace("\n", "\\n")
        print(f"{name}: {type(error).__name__} {error.args[0]} {text[:100]}")


connection = connect(database="test", autocommit=True)
cursor = connection.cursor()
cursor.execute(
    "create table written(id bigint not null, name varchar(200), price decimal(12,3), ratio double, day date, at datetime(6))"
    " duplicate key(id) distributed by hash(id) buckets 1 properties('replication_num'='1')"
)
rows = [
    (1, "it's \\ \"quoted\" é中 \U0001f600", decimal.Decimal("123456789.125"), 0.5, datetime.date(2024, 2, 29),
     datetime.datetime(2024, 2, 29, 12, 34, 56, 789000)),
    (2, "tab\tline\nend", decimal.Decimal("-0.001"), -1e300, datetime.date(1999, 12, 31),
     datetime.datetime(1999, 12, 31, 23, 59, 59)),
    (-9223372036854775808, None, None, None, None, None),
    (9223372036854775807, "", decimal.Decimal("0.000"), 0.0, datetime.date(9999, 12, 31),
     datetime.datetime(9999, 12, 31, 0, 0)),
]
print("written:", cursor.executemany("insert into written values (%s, %s, %s, %s, %s, %s)", rows))
cursor.execute("select * from written order by id")
found = list(cursor.fetchall())
assert found == sorted(rows), f"{found} is not {sorted(rows)}"
print("read back:", len(found))

by_name = connection.cursor(pymysql.cursors.DictCursor)
by_name.execute("select count(*) as n, max(name) as last from written where name like %s", ("it's%",))
print("by name:", by_name.fetchone()["n"])
print("deleted:", cursor.execute("delete from written where id = 2") >= 0)
cursor.execute("select count(*) from written")
print("left:", cursor.fetchone()[0])

connection.ping()
connection.select_db("test2")
cursor.execute("select database()")
print("database:", cursor.fetchone()[0])
cursor.execute("set names utf8mb4")
cursor.execute("show variables like 'version_comment'")
print("variable columns:", [column[0] for column in cursor.description])

connection.select_db("test")
refused("syntax", lambda: cursor.execute("selec 1"))
refused("table", lambda: cursor.execute("select * from nope"))
refused("column", lambda: cursor.execute("select nope from written"))
refused("database", lambda: connection.select_db("nodb"))
refused("values", lambda: cursor.execute("insert into written values (1)"))
refused("again", lambda: cursor.execute("create database test"))
refused("wrong password", lambda: connect("nop", "wrong"))
refused("no such user", lambda: connect("nosuch", "x"))
refused("no such database", lambda: connect(database="nodb"))
nop = connect("nop", "x")
refused("not granted", lambda: nop.cursor().execute("select * from test.written"))
cursor.execute("grant select_priv on test.* to nop")
nop.cursor().execute("select * from test.written")
refused("not granted to write", lambda: nop.cursor().execute("insert into test.written(id) values (1)"))
