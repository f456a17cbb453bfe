import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;

/** Prints a number of messages of a topic as lines of queue, offset, keys and body, sorted by the first two. */
public class ConsumeLines {
    public static void main(String[] arguments) throws Exception {
        int wanted = Integer.parseInt(arguments[3]);
        Map<String, String> seen = new ConcurrentHashMap<>();
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(arguments[2]);
        consumer.setNamesrvAddr(arguments[0]);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(arguments[1], "*");
        consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
            for (MessageExt message : messages) {
                String place = String.format("%08d %020d", message.getQueueId(), message.getQueueOffset());
                String body = new String(message.getBody(), StandardCharsets.UTF_8);
                seen.put(place, message.getQueueId() + " " + message.getQueueOffset() + " " + message.getKeys() + " " + body);
            }
            return ConsumeOrderlyStatus.SUCCESS;
        });
        consumer.start();
        long end = System.nanoTime() + 60_000_000_000L;
        while (seen.size() < wanted && System.nanoTime() < end) {
            Thread.sleep(20);
        }
        consumer.shutdown();
        new TreeMap<>(seen).values().forEach(System.out::println);
        if (seen.size() != wanted) {
            System.err.println(seen.size() + " of " + wanted + " messages within a minute");
        }
        // Some of the client's threads outlive its shutdown.
        System.exit(seen.size() == wanted ? 0 : 1);
    }
}
