//! Single messages: what comes back, and what is not taken.

use futures_util::future::try_join_all;
use remoting::message::MAX_BODY_BYTES;
use remoting::{Error, OutgoingMessage, PullOptions, PullStatus, Queue};

use crate::target::{Target, bodies, wait_readable};

on_every_target!(
    a_message_comes_back_as_it_was_sent,
    messages_sent_at_once_are_each_stored_once,
    a_body_of_four_mebibytes_is_taken_and_one_byte_more_is_not,
    properties_beyond_their_limit_are_not_sent,
    a_message_without_a_body,
    a_missing_queue_is_named,
);

async fn a_message_comes_back_as_it_was_sent(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let sent = OutgoingMessage {
        keys: Some("order-7 customer-9".to_owned()),
        tags: Some("paid".to_owned()),
        properties: vec![("trace".to_owned(), "a=b;c".to_owned()), ("größe".to_owned(), "10 €".to_owned())],
        body: vec![0, 1, 2, 0xff, b'{', b'}'].into(),
    };
    let receipt = client.send(&queue, &sent).await?;
    assert_eq!((&receipt.queue, receipt.offset), (&queue, 0));

    wait_readable(&client, &queue, 1).await?;
    let pulled = client.pull(&queue, &PullOptions::at(0)).await?;
    assert_eq!((pulled.status, pulled.messages.len(), pulled.next), (PullStatus::Found, 1, 1));
    let message = &pulled.messages[0];
    assert_eq!((&*message.topic, message.queue_id, message.offset), (&*queue.topic, queue.id, 0));
    assert_eq!(message.body, sent.body);
    assert_eq!(message.fault, None);
    assert_eq!((message.keys(), message.tags()), (sent.keys.as_deref(), sent.tags.as_deref()));
    for (name, value) in &sent.properties {
        assert_eq!(message.properties.get(name), Some(value.as_str()), "property {name}");
    }
    assert_eq!(message.id(), receipt.message_id);
    assert_eq!(message.reconsume_times, 0);
    assert!(message.born_timestamp > 0 && message.store_timestamp >= message.born_timestamp - 1000);
    Ok(())
}

async fn messages_sent_at_once_are_each_stored_once(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let messages = crate::target::numbered("message ", 100);
    let receipts = try_join_all(messages.iter().map(|message| client.send(&queue, message))).await?;
    let mut offsets: Vec<i64> = receipts.iter().map(|receipt| receipt.offset).collect();
    offsets.sort_unstable();
    assert_eq!(offsets, (0..100).collect::<Vec<i64>>());

    wait_readable(&client, &queue, 100).await?;
    let found = bodies(&client, &queue).await?;
    for (message, receipt) in messages.iter().zip(&receipts) {
        let at = usize::try_from(receipt.offset)?;
        assert_eq!(found[at].as_bytes(), message.body, "at offset {at}");
    }
    Ok(())
}

async fn a_body_of_four_mebibytes_is_taken_and_one_byte_more_is_not(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let largest = OutgoingMessage::new(vec![b'x'; MAX_BODY_BYTES]);
    assert_eq!(client.send(&queue, &largest).await?.offset, 0);
    let error = client.send(&queue, &OutgoingMessage::new(vec![b'x'; MAX_BODY_BYTES + 1])).await.unwrap_err();
    assert!(matches!(&error, Error::MessageIllegal { bytes, .. } if *bytes > MAX_BODY_BYTES), "{error:?}");
    // Far more than a frame holds.
    let error = client.send(&queue, &OutgoingMessage::new(vec![b'x'; 20 << 20])).await.unwrap_err();
    assert!(matches!(error, Error::MessageIllegal { .. }), "{error:?}");

    wait_readable(&client, &queue, 1).await?;
    let pulled = client.pull(&queue, &PullOptions::at(0)).await?;
    assert!(pulled.messages[0].body == largest.body, "the body changed");
    Ok(())
}

async fn properties_beyond_their_limit_are_not_sent(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let mut message = OutgoingMessage::new("body");
    message.properties = vec![("large".to_owned(), "x".repeat(40_000))];
    let error = client.send(&queue, &message).await.unwrap_err();
    assert!(matches!(error, Error::Property(_)), "{error:?}");
    message.properties = vec![("torn".to_owned(), "a\u{1}b".to_owned())];
    let error = client.send(&queue, &message).await.unwrap_err();
    assert!(matches!(error, Error::Property(_)), "{error:?}");
    assert_eq!(client.max_offset(&queue).await?, 0);
    Ok(())
}

async fn a_message_without_a_body(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let sent = client.send(&queue, &OutgoingMessage::default()).await;
    if target.expected.empty_body {
        assert_eq!(sent?.offset, 0);
    } else {
        let error = sent.unwrap_err();
        assert!(matches!(error, Error::EmptyBody { .. }), "{error:?}");
        assert_eq!(client.max_offset(&queue).await?, 0);
    }
    Ok(())
}

async fn a_missing_queue_is_named(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let missing = Queue::new(queue.topic, queue.broker, 7);
    let errors = [
        client.send(&missing, &OutgoingMessage::new("lost")).await.map(drop).unwrap_err(),
        client.pull(&missing, &PullOptions::at(0)).await.map(drop).unwrap_err(),
        client.max_offset(&missing).await.map(drop).unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(&error, Error::QueueMissing { queue } if *queue == missing), "{error:?}");
    }
    Ok(())
}
