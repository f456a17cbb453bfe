//! Several messages in one request.

use remoting::{Error, MAX_BATCH_BYTES, MAX_BATCH_MESSAGES, OutgoingMessage, PullOptions};

use crate::target::{Target, bodies, numbered, wait_readable};

on_every_target!(
    a_batch_comes_back_in_order,
    messages_of_a_batch_keep_their_own_keys_tags_and_properties,
    a_batch_beyond_its_limits_is_never_sent,
    any_number_of_messages_goes_in_as_many_batches_as_it_takes,
);

async fn a_batch_comes_back_in_order(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let messages = numbered("message ", MAX_BATCH_MESSAGES);
    let receipts = client.send_batch(&queue, &messages).await?;
    let offsets: Vec<i64> = receipts.iter().map(|receipt| receipt.offset).collect();
    assert_eq!(offsets, (0..1000).collect::<Vec<i64>>());

    wait_readable(&client, &queue, 1000).await?;
    let expected: Vec<String> = (0..1000).map(|number| format!("message {number}")).collect();
    assert_eq!(bodies(&client, &queue).await?, expected);
    Ok(())
}

async fn messages_of_a_batch_keep_their_own_keys_tags_and_properties(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let messages: Vec<OutgoingMessage> = (0..3)
        .map(|number| OutgoingMessage {
            keys: Some(format!("key-{number}")),
            tags: Some(format!("tag-{number}")),
            properties: vec![("number".to_owned(), number.to_string())],
            body: format!("body {number}").into(),
        })
        .collect();
    let receipts = client.send_batch(&queue, &messages).await?;
    wait_readable(&client, &queue, 3).await?;
    let pulled = client.pull(&queue, &PullOptions::at(0)).await?;
    assert_eq!(pulled.messages.len(), 3);
    for ((message, sent), receipt) in pulled.messages.iter().zip(&messages).zip(&receipts) {
        assert_eq!((message.keys(), message.tags()), (sent.keys.as_deref(), sent.tags.as_deref()));
        assert_eq!(message.properties.get("number"), Some(sent.properties[0].1.as_str()));
        assert_eq!(message.body, sent.body);
        assert_eq!((message.id().as_ref(), message.offset), (receipt.message_id.as_str(), receipt.offset));
    }
    Ok(())
}

async fn a_batch_beyond_its_limits_is_never_sent(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let half = OutgoingMessage::new(vec![b'x'; MAX_BATCH_BYTES / 2]);
    // From 32,768 messages on a 5.x broker would ruin the queue.
    for batch in [numbered("", MAX_BATCH_MESSAGES + 1), numbered("", 32_768), vec![half.clone(), half]] {
        let error = client.send_batch(&queue, &batch).await.unwrap_err();
        assert!(
            matches!(&error, Error::BatchTooLarge { messages, .. } if *messages == batch.len()),
            "{} messages: {error:?}",
            batch.len()
        );
    }
    assert_eq!(client.max_offset(&queue).await?, 0);
    assert_eq!(client.send(&queue, &OutgoingMessage::new("sound")).await?.offset, 0);
    Ok(())
}

async fn any_number_of_messages_goes_in_as_many_batches_as_it_takes(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let count = 2 * MAX_BATCH_MESSAGES + 500;
    let receipts = client.send_all(&queue, &numbered("", count)).await?;
    assert_eq!(receipts.len(), count);
    wait_readable(&client, &queue, i64::try_from(count)?).await?;
    let expected: Vec<String> = (0..count).map(|number| number.to_string()).collect();
    assert_eq!(bodies(&client, &queue).await?, expected);
    Ok(())
}
