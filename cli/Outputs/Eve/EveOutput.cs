using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Eve;

/// <summary>Suricata's EVE JSON, so that whatever eats it can eat ours.</summary>
internal sealed class EveOutput(OutputBuffer buffer, OriginBook origins) : Output
{
    private readonly EveWriter _writer = new(buffer) { Origins = origins };
    private EveProjection?[] _byKind = [];

    public override bool Write(RecordView record)
    {
        var kind = record.Header.Kind;
        if (kind >= _byKind.Length) Learn();
        if (_byKind[kind] is not { } project) return false;

        project(_writer, record);
        return true;
    }

    public override void Flush() => buffer.Flush();

    private void Learn() =>
        _byKind = [.. RecordKinds.All.Select(schema => EveProjections.ByKind.GetValueOrDefault(schema.Info.Name))];
}
