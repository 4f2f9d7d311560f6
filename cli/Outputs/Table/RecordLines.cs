using System.Text;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Table;

/// <summary>What a record says, on one line: by the templates of its kind.</summary>
/// <param name="isPlain">Fields by name, all that are there: somebody chose them, and templates would ask for others.
/// </param>
internal sealed class RecordLines(bool isPlain = false)
{
    /// <summary>Parts that templates may leave out have ranks up to this.</summary>
    public const int RankMax = 3;

    /// <summary>Fields shown of a kind that has no templates.</summary>
    private const int PlainFieldsMax = 8;

    private Kind[] _kinds = [];

    /// <param name="left">What gives way where room is scarce: ranks up to this.</param>
    /// <param name="hidden">Takes the names of fields that gave way.</param>
    public void Write(Line line, RecordView record, int left = 0, ISet<string>? hidden = null)
    {
        var kind = KindOf(record);
        if (!isPlain && kind.Choose(record.Header.Present) is { } template)
        {
            template.Write(line, record, left, hidden);
        }
        else
        {
            WritePlain(line, record, kind, isPlain ? RecordSchema.FieldsMax : PlainFieldsMax);
        }
    }

    /// <summary>What stands before the line: the protocol, with its version where that matters.</summary>
    public void WriteLabel(Line line, RecordView record, bool hasVersion = true)
    {
        var kind = KindOf(record);
        if (kind.GrpcIndex >= 0 && record.Has(kind.GrpcIndex))
        {
            line.Own("gRPC"u8);
            return;
        }

        line.Own(kind.Label);
        if (!hasVersion || kind.VersionIndex < 0 || !record.TryGet(kind.VersionIndex, out var version)) return;

        line.Own("/"u8);
        line.Captured(version.Text);
    }

    private static void WritePlain(Line line, RecordView record, Kind kind, int fieldsMax)
    {
        var shown = 0;
        foreach (var field in record)
        {
            if (shown == fieldsMax) break;
            if (shown++ > 0) line.Own("  "u8);
            line.Own(field.Field.Name);
            line.Own("="u8);
            kind.Styles[field.Field.Index].Write(line, field.Value);
        }
    }

    private Kind KindOf(RecordView record)
    {
        var id = record.Header.Kind;
        if (id >= _kinds.Length) _kinds = [.. RecordKinds.All.Select(schema => new Kind(schema))];
        return _kinds[id];
    }

    private sealed class Kind
    {
        private readonly LineTemplate[] _templates;

        public Kind(RecordSchema schema)
        {
            _templates = [.. schema.Info.Lines.Select(text => LineTemplate.Compile(text, schema))];
            Styles = [.. schema.Fields.Select(field => new ValueStyle(field))];
            var name = schema.Info.Name;
            Label = Encoding.UTF8.GetBytes(name == "websocket" ? "WebSocket" : name.ToUpperInvariant());
            // Only HTTP's version is part of how people call it.
            VersionIndex = schema.Find("http.version")?.Index ?? -1;
            GrpcIndex = schema.Find("grpc.service")?.Index ?? -1;
        }

        public ValueStyle[] Styles { get; }

        public byte[] Label { get; }

        public int VersionIndex { get; }

        public int GrpcIndex { get; }

        /// <summary>The first that has all its fields; failing that, the one that lacks the smallest part of them.
        /// </summary>
        public LineTemplate? Choose(ulong present)
        {
            LineTemplate? best = null;
            var bestShare = 0.0;
            foreach (var template in _templates)
            {
                if (template.FieldsCount == 0) return template;

                var share = (double)template.FieldsPresent(present) / template.FieldsCount;
                if (share >= 1) return template;
                if (share > bestShare) (best, bestShare) = (template, share);
            }

            return best;
        }
    }
}
