using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Summary;

/// <summary>Shows nothing of single records: the page is written when the capture has ended.</summary>
internal sealed class SummaryOutput : Output
{
    public override bool Write(RecordView record) => true;
}
