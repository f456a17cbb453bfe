import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Properties;
import org.apache.doris.flink.cfg.DorisExecutionOptions;
import org.apache.doris.flink.cfg.DorisOptions;
import org.apache.doris.flink.cfg.DorisReadOptions;
import org.apache.doris.flink.rest.models.RespContent;
import org.apache.doris.flink.sink.DorisCommittable;
import org.apache.doris.flink.sink.HttpUtil;
import org.apache.doris.flink.sink.batch.DorisBatchStreamLoad;
import org.apache.doris.flink.sink.committer.DorisCommitter;
import org.apache.doris.flink.sink.writer.DorisStreamLoad;
import org.apache.doris.flink.sink.writer.LabelGenerator;
import org.apache.flink.api.connector.sink2.Committer.CommitRequest;

/** Loads with the classes that Flink's sink for Doris loads with. Arguments: front end's HTTP address, password. */
public class FlinkLoads {
    private static final DorisReadOptions READ = DorisReadOptions.builder().build();

    public static void main(String[] arguments) throws Exception {
        DorisOptions right = options(arguments[0], arguments[1], "test.t");
        batch(right, "t", 0, 1000);
        System.out.println("batch: loaded");
        batchRefused("wrong password", options(arguments[0], "wrong", "test.t"), "t");
        batchRefused("no table", options(arguments[0], arguments[1], "test.nope"), "nope");
        batchRefused("bad rows", right, "t");
        twoPhase(arguments[0], right);
        // Its pools keep threads alive.
        System.exit(0);
    }

    private static DorisOptions options(String frontend, String password, String table) {
        return DorisOptions.builder().setFenodes(frontend).setTableIdentifier(table).setUsername("root")
            .setPassword(password).setAutoRedirect(true).build();
    }

    private static DorisExecutionOptions.Builder execution() {
        Properties json = new Properties();
        json.setProperty("format", "json");
        json.setProperty("read_json_by_line", "true");
        return DorisExecutionOptions.builder().setStreamLoadProp(json).setMaxRetries(0).setDeletable(false);
    }

    private static byte[] row(int id, String name) {
        return ("{\"id\":" + id + ",\"name\":\"" + name + "\"}").getBytes(StandardCharsets.UTF_8);
    }

    private static DorisBatchStreamLoad begin(DorisOptions options) {
        DorisBatchStreamLoad load = new DorisBatchStreamLoad(
            options, READ, execution().disable2PC().build(), new LabelGenerator("batch", false), 0);
        // Before its thread runs, it takes that for its end.
        while (!load.isLoadThreadAlive()) {
            Thread.onSpinWait();
        }
        return load;
    }

    private static void batch(DorisOptions options, String table, int from, int to) throws Exception {
        DorisBatchStreamLoad load = begin(options);
        for (int id = from; id < to; id++) {
            load.writeRecord("test", table, row(id, "é\\t" + id));
        }
        load.checkpointFlush();
        load.close();
    }

    private static void batchRefused(String what, DorisOptions options, String table) {
        DorisBatchStreamLoad load = begin(options);
        try {
            load.writeRecord("test", table, "{\"id\":\"x\"}".getBytes(StandardCharsets.UTF_8));
            load.checkpointFlush();
            load.close();
            System.out.println(what + ": taken");
        } catch (Exception refused) {
            // The thread that loads leaves its reason behind.
            System.out.println(what + ": refused" + causes(refused) + causes(load.getException().get()));
        }
    }

    private static String causes(Throwable first) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = first; cause != null; cause = cause.getCause()) {
            text.append(' ').append(cause.getMessage());
        }
        return text.toString().replace("\n", "\\n");
    }

    private static void twoPhase(String frontend, DorisOptions options) throws Exception {
        DorisExecutionOptions execution = execution().enable2PC().setLabelPrefix("two").build();
        DorisStreamLoad load = new DorisStreamLoad(
            frontend, options, execution, new LabelGenerator("two", true, "test.t", 0), new HttpUtil().getHttpClient());
        // As after a restart: a first, empty load finds out whether something was left prepared, and is aborted.
        load.abortPreCommit("two", 1);
        RespContent left = load(load, "two_test_t_0_1", 5000);
        System.out.println("left: " + left.getStatus() + " " + left.getTwoPhaseCommit());
        load.abortPreCommit("two", 1);
        RespContent prepared = load(load, "two_test_t_0_1", 6000);
        System.out.println("prepared: " + prepared.getStatus() + " " + prepared.getTwoPhaseCommit());
        DorisCommitter committer = new DorisCommitter(options, READ, execution);
        DorisCommittable committable = new DorisCommittable(frontend, "test", prepared.getTxnId());
        committer.commit(Collections.singleton(new Once(committable)));
        System.out.println("committed: once");
        // What is committed is not committed again, and that is no failure.
        committer.commit(Collections.singleton(new Once(committable)));
        System.out.println("committed: twice");
        try {
            load.abortPreCommit("two", 1);
            System.out.println("label: free");
        } catch (Exception used) {
            System.out.println("label: used " + used.getMessage());
        }
    }

    private static RespContent load(DorisStreamLoad load, String label, int id) throws Exception {
        load.startLoad(label, false);
        load.writeRecord(row(id, "two"));
        return load.stopLoad();
    }

    private static final class Once implements CommitRequest<DorisCommittable> {
        private final DorisCommittable committable;

        Once(DorisCommittable committable) {
            this.committable = committable;
        }

        @Override
        public DorisCommittable getCommittable() {
            return committable;
        }

        @Override
        public int getNumberOfRetries() {
            return 0;
        }

        @Override
        public void signalFailedWithKnownReason(Throwable cause) {
            throw new IllegalStateException(cause);
        }

        @Override
        public void signalFailedWithUnknownReason(Throwable cause) {
            throw new IllegalStateException(cause);
        }

        @Override
        public void retryLater() {
            throw new IllegalStateException("retry");
        }

        @Override
        public void updateAndRetryLater(DorisCommittable other) {
            throw new IllegalStateException("retry");
        }

        @Override
        public void signalAlreadyCommitted() {
            System.out.println("committed: already");
        }
    }
}
