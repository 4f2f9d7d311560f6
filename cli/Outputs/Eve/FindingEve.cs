using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Eve;

/// <summary>A finding as an `alert` event. Those of rules that are only being tried are none.</summary>
internal static class FindingEve
{
    // A number of ours for rules without one: above what rule sets of others use.
    private const uint SignatureBase = 2_000_000_000;

    public static void Write(EveWriter writer, RecordView record)
    {
        if (!record.TryGet(Fields.Mode, out var mode) || !mode.Text.SequenceEqual("alert"u8)) return;

        var json = writer.Json;
        writer.Begin(record.Header, "alert"u8, record.Header.TimeNanos, Direction.ToServer);
        json.WriteStartObject("alert");
        writer.Text("action", "allowed"u8);
        json.WriteNumber("gid", 1);
        var rule = record.TryGet(Fields.Rule, out var name) ? name.Text : [];
        json.WriteNumber("signature_id", SignatureOf(rule));
        json.WriteNumber("rev", 1);
        Text(writer, record, Fields.Title, "signature");
        writer.Text("category", rule);
        if (record.TryGet(Fields.Severity, out var severity)) json.WriteNumber("severity", Suricata(severity.Number));
        json.WriteEndObject();
        json.WriteStartObject("netsniff");
        writer.Text("rule", rule);
        Text(writer, record, Fields.SeverityName, "severity");
        Text(writer, record, Fields.Detector, "detector");
        Number(writer, record, Fields.Count, "count");
        Number(writer, record, Fields.Score, "score");
        Number(writer, record, Fields.Repeats, "repeats");
        Text(writer, record, Fields.Evidence, "evidence");
        json.WriteEndObject();
        writer.End();
    }

    /// <summary>1 is the worst there, and 4 says the least.</summary>
    private static ulong Suricata(ulong severity) => severity switch
    {
        >= (ulong)Severity.High => 1, (ulong)Severity.Medium => 2, (ulong)Severity.Low => 3, _ => 4,
    };

    /// <summary>The same number for the same name.</summary>
    private static ulong SignatureOf(ReadOnlySpan<byte> rule)
    {
        var hash = 2_166_136_261u;
        foreach (var octet in rule) hash = (hash ^ octet) * 16_777_619;
        return SignatureBase + hash % 100_000_000;
    }

    private static void Number(EveWriter writer, RecordView record, int field, string name)
    {
        if (record.TryGet(field, out var value)) writer.Json.WriteNumber(name, value.Number);
    }

    private static void Text(EveWriter writer, RecordView record, int field, string name)
    {
        if (record.TryGet(field, out var value)) writer.Text(name, value.Text);
    }

    /// <summary>Places of the fields, looked up by name once.</summary>
    private static class Fields
    {
        public static readonly int Rule = Of("finding.rule"), Severity = Of("finding.severity"),
            SeverityName = Of("finding.severity_name"), Mode = Of("finding.mode"), Detector = Of("finding.detector"),
            Title = Of("finding.title"), Count = Of("finding.count"), Score = Of("finding.score"),
            Repeats = Of("finding.repeats"), Evidence = Of("finding.evidence");

        private static int Of(string name) => RecordKinds.Register<FindingRecord>().Find(name)!.Index;
    }
}
