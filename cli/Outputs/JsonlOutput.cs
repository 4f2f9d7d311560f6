using NetSniff.Records;

namespace NetSniff.Cli.Outputs;

/// <summary>One JSON object a record.</summary>
internal sealed class JsonlOutput(OutputBuffer buffer, OriginBook origins) : Output
{
    private readonly RecordJson _json = new(buffer, origins);

    public override bool Write(RecordView record)
    {
        _json.Write(record);
        return true;
    }

    public override void Flush() => buffer.Flush();
}
