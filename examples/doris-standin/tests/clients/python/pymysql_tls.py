"""Whether PyMySQL comes in over TLS. Arguments: port, password, file of the root certificate."""

import ssl
import sys

import pymysql

port, password, root = int(sys.argv[1]), sys.argv[2], sys.argv[3]

connection = pymysql.connect(
    host="127.0.0.1", port=port, user="root", password=password, ssl={"ca": root, "check_hostname": True}
)
print("secured:", isinstance(connection._sock, ssl.SSLSocket))
cursor = connection.cursor()
cursor.execute("select 1")
print("answer:", cursor.fetchone()[0])
