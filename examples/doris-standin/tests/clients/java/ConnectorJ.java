import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.Date;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;

/** What MySQL Connector/J reads back, is refused, and learns of tables. Arguments: port, password, url parameters. */
public class ConnectorJ {
    public static void main(String[] arguments) throws Exception {
        String url = "jdbc:mysql://127.0.0.1:" + arguments[0] + "/test?" + arguments[2];
        try (Connection connection = DriverManager.getConnection(url, "root", arguments[1])) {
            create(connection);
            write(connection);
            read(connection);
            describe(connection);
            refusals(connection);
            System.out.println("valid: " + connection.isValid(5));
        }
        connectionRefusals(arguments[0], arguments[2]);
    }

    private static void create(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("create table typed(id bigint not null, tiny tinyint, price decimal(12,3), ratio double, "
                + "day date, at datetime(3), name varchar(64), note string) duplicate key(id) "
                + "distributed by hash(id) buckets 1 properties('replication_num'='1')");
        }
    }

    private static void write(Connection connection) throws SQLException {
        String insert = "insert into typed(id, tiny, price, ratio, day, at, name, note) values (?, ?, ?, ?, ?, ?, ?, ?)";
        try (PreparedStatement statement = connection.prepareStatement(insert)) {
            for (int id = 1; id <= 3; id++) {
                statement.setLong(1, id);
                statement.setByte(2, (byte) -id);
                statement.setBigDecimal(3, new BigDecimal("123456789.125"));
                statement.setDouble(4, 0.5 * id);
                statement.setDate(5, Date.valueOf("2024-02-29"));
                statement.setTimestamp(6, Timestamp.valueOf("2024-02-29 12:34:56.789"));
                statement.setString(7, "it's \\ \"é中\" #" + id);
                if (id == 2) {
                    statement.setNull(8, Types.VARCHAR);
                } else {
                    statement.setString(8, "line\nbreak\ttab");
                }
                statement.addBatch();
            }
            System.out.println("batch: " + statement.executeBatch().length);
        }
    }

    private static void read(Connection connection) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("select * from typed where id <= ? order by id")) {
            statement.setLong(1, 2);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    System.out.println("row: " + rows.getLong("id") + "|" + rows.getByte("tiny") + "|"
                        + rows.getBigDecimal("price") + "|" + rows.getDouble("ratio") + "|" + rows.getDate("day") + "|"
                        + rows.getTimestamp("at") + "|" + rows.getString("name") + "|"
                        + (rows.getString("note") == null ? "null" : rows.getString("note").length()));
                }
                ResultSetMetaData columns = rows.getMetaData();
                StringBuilder types = new StringBuilder("types:");
                for (int column = 1; column <= columns.getColumnCount(); column++) {
                    types.append(' ').append(columns.getColumnTypeName(column));
                }
                System.out.println(types);
            }
        }
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select count(*), max(price) from typed")) {
            rows.next();
            System.out.println("count: " + rows.getLong(1) + " " + rows.getBigDecimal(2));
        }
    }

    private static void describe(Connection connection) throws SQLException {
        DatabaseMetaData about = connection.getMetaData();
        System.out.println("product: " + about.getDatabaseProductName() + " " + about.getDatabaseProductVersion());
        try (ResultSet tables = about.getTables("test", null, "typ%", new String[] {"TABLE"})) {
            while (tables.next()) {
                System.out.println("table: " + tables.getString("TABLE_NAME") + " " + tables.getString("TABLE_TYPE"));
            }
        }
        try (ResultSet columns = about.getColumns("test", null, "typed", "%")) {
            while (columns.next()) {
                System.out.println("column: " + columns.getString("COLUMN_NAME") + " " + columns.getString("TYPE_NAME")
                    + " " + columns.getInt("COLUMN_SIZE") + " " + columns.getString("IS_NULLABLE"));
            }
        }
    }

    private static void refusals(Connection connection) throws SQLException {
        for (String sql : new String[] {"selec 1", "select * from nope", "select nope from typed", "use nodb",
                "insert into typed(id) values ('x', 1)", "create table typed(id int) duplicate key(id)"}) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
                System.out.println("taken: " + sql);
            } catch (SQLException refused) {
                String text = refused.getMessage();
                System.out.println("refused: " + refused.getErrorCode() + " " + refused.getSQLState() + " "
                    + text.substring(0, Math.min(90, text.length())).replace("\n", "\\n"));
            }
        }
    }

    private static void connectionRefusals(String port, String parameters) {
        String[][] attempts = {{"test", "nop", "wrong"}, {"nodb", "nop", "x"}};
        for (String[] attempt : attempts) {
            String url = "jdbc:mysql://127.0.0.1:" + port + "/" + attempt[0] + "?" + parameters;
            try (Connection connection = DriverManager.getConnection(url, attempt[1], attempt[2])) {
                System.out.println("let in: " + attempt[1]);
            } catch (SQLException refused) {
                System.out.println("shut out: " + refused.getErrorCode() + " " + refused.getMessage());
            }
        }
    }
}
