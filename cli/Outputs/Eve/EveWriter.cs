using System.Text.Json;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Eve;

/// <summary>Writes one EVE event a line: the head every event shares, then whatever a projection adds.</summary>
internal sealed class EveWriter(Stream output)
{
    private readonly Stream _output = output;

    public Utf8JsonWriter Json { get; } = new(output);

    /// <summary>Opens the event and writes its head: timestamp, flow_id, event_type, addresses, community_id.</summary>
    /// <param name="direction">Who said it: source and target of the event follow from it.</param>
    public void Begin(in RecordHeader header, string eventType, long timeNanos, Direction direction)
    {
        Json.WriteStartObject();
        Json.WriteString("event_type", eventType);
    }

    /// <summary>A text field that need not be UTF-8: bad bytes are replaced, control characters escaped by JSON.</summary>
    public void Text(string name, ReadOnlySpan<byte> value) => Json.WriteString(name, value);

    public void End()
    {
        Json.WriteEndObject();
        Json.Flush();
        _output.WriteByte((byte)'\n');
        Json.Reset();
    }
}

/// <summary>Turns one record into EVE events: usually one, for a DNS exchange two.</summary>
internal delegate void EveProjection(EveWriter writer, RecordView record);
