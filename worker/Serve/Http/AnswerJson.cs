using NetSniff.Json;
using NetSniff.Wire.V1;

namespace NetSniff.Worker.Serve.Http;

/// <summary>Answers other than records as JSON, in the words of the wire.</summary>
public static class AnswerJson
{
    public static void Write(JsonLine json, Completeness completeness)
    {
        json.WriteStartObject("completeness"u8);
        json.WriteNumber("workers"u8, (ulong)completeness.Workers);
        json.WriteStartArray("absent"u8);
        foreach (var absence in completeness.Absent)
        {
            json.WriteStartObject();
            json.WriteString("worker"u8, absence.Worker);
            json.WriteString("why"u8, absence.Why);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteLedger(json, "losses", completeness.Losses);
        json.WriteBoolean("is_cut"u8, completeness.IsCut);
        json.WriteEndObject();
    }

    public static void Write(JsonLine json, AggregateRequest request, AggregateAnswer answer)
    {
        json.WriteStartObject();
        json.WriteStartArray("rows"u8);
        foreach (var row in answer.Rows)
        {
            json.WriteStartObject();
            if (request.BucketNanos != 0) WriteTime(json, "time", row.BucketNanos);
            // Names are fields and measures of ours, that were checked.
            for (var index = 0; index < row.By.Count; index++) json.WriteString(request.By[index], row.By[index]);
            if (request.Heat.Length > 0) WriteDouble(json, request.Heat, row.Heat);
            for (var index = 0; index < row.Values.Count; index++)
            {
                var name = request.Measures.Count == 0 ? "count" : request.Measures[index];
                WriteDouble(json, name, row.Values[index]);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        Write(json, answer.Completeness);
        json.WriteEndObject();
    }

    public static void Write(JsonLine json, StatusAnswer answer)
    {
        json.WriteStartObject();
        json.WriteStartArray("workers"u8);
        foreach (var worker in answer.Workers) Write(json, worker);
        json.WriteEndArray();
        json.WriteStartArray("sensors"u8);
        foreach (var sensor in answer.Sensors) Write(json, sensor);
        json.WriteEndArray();
        Write(json, answer.Completeness);
        json.WriteEndObject();
    }

    /// <summary>What is no number in JSON is null.</summary>
    public static void WriteDouble(JsonLine json, string name, double value)
    {
        json.WritePropertyName(name);
        if (!double.IsFinite(value)) json.WriteRawValue("null"u8);
        else if (value == Math.Floor(value) && Math.Abs(value) < 1L << 53) json.WriteNumberValue((long)value);
        else json.WriteRawValue(System.Text.Encoding.ASCII.GetBytes(
            value.ToString("R", System.Globalization.CultureInfo.InvariantCulture)));
    }

    private static void Write(JsonLine json, WorkerStatus worker)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, worker.Name);
        json.WriteString("version"u8, worker.Version);
        WriteTime(json, "started", worker.StartedNanos);
        json.WriteNumber("bytes_on_disk"u8, worker.BytesOnDisk);
        json.WriteNumber("lag_nanos"u8, worker.LagNanos);
        json.WriteStartArray("kinds"u8);
        foreach (var kind in worker.Kinds)
        {
            json.WriteStartObject();
            json.WriteString("kind"u8, kind.Kind);
            json.WriteNumber("records"u8, kind.Records);
            WriteTime(json, "oldest", kind.OldestNanos);
            WriteTime(json, "newest", kind.NewestNanos);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteLedger(json, "ledger", worker.Ledger);
        json.WriteEndObject();
    }

    private static void Write(JsonLine json, SensorState sensor)
    {
        json.WriteStartObject();
        json.WriteString("sensor"u8, sensor.Sensor);
        json.WriteString("node"u8, sensor.Node);
        json.WriteString("version"u8, sensor.Version);
        json.WriteString("worker"u8, sensor.Worker);
        json.WriteBoolean("is_connected"u8, sensor.IsConnected);
        if (sensor.Status is { } status)
        {
            WriteTime(json, "told", status.TimeNanos);
            if (status.StartedNanos != 0) WriteTime(json, "started", status.StartedNanos);
            json.WriteString("rung"u8, status.Rung);
            json.WriteString("config_revision"u8, status.ConfigRevision);
            WriteLedger(json, "ledger", status.Ledger);
            json.WriteStartArray("lanes"u8);
            foreach (var lane in status.Lanes)
            {
                json.WriteStartObject();
                json.WriteString("lane"u8, lane.Lane);
                json.WriteNumber("records_waiting"u8, lane.RecordsWaiting);
                json.WriteNumber("bytes_on_disk"u8, lane.BytesOnDisk);
                if (lane.OldestNanos != 0) WriteTime(json, "oldest", lane.OldestNanos);
                json.WriteNumber("records_dropped"u8, lane.RecordsDropped);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteLedger(JsonLine json, string name, IEnumerable<LedgerEntry> entries)
    {
        json.WriteStartArray(name);
        foreach (var entry in entries)
        {
            json.WriteStartObject();
            json.WriteString("stage"u8, entry.Stage);
            json.WriteString("what"u8, entry.What);
            json.WriteNumber("count"u8, entry.Count);
            json.WriteBoolean("is_loss"u8, entry.IsLoss);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTime(JsonLine json, string name, long nanos)
    {
        Span<byte> text = stackalloc byte[Timestamps.Rfc3339Size];
        json.WriteString(name, text[..Timestamps.Rfc3339(text, nanos)]);
    }
}
