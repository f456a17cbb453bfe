import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;

/** Sends every line of standard input as a message, keyed by its line number from 0, and prints how many. */
public class SendLines {
    public static void main(String[] arguments) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer("send-lines");
        producer.setNamesrvAddr(arguments[0]);
        producer.setCompressMsgBodyOverHowmuch(Integer.getInteger("compressOver", Integer.MAX_VALUE));
        producer.start();
        try {
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            int sent = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Message message =
                    new Message(arguments[1], "lines", Integer.toString(sent), line.getBytes(StandardCharsets.UTF_8));
                message.putUserProperty("line", Integer.toString(sent));
                SendResult result = producer.send(message);
                if (result.getSendStatus() != SendStatus.SEND_OK) {
                    throw new IllegalStateException("line " + sent + ": " + result);
                }
                sent++;
            }
            System.out.println(sent);
        } finally {
            producer.shutdown();
        }
    }
}
