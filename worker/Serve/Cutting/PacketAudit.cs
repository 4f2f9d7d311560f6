using NetSniff.Worker.Serve.Access;

namespace NetSniff.Worker.Serve.Cutting;

/// <summary>The lines that a request for packets leaves: one when it begins, one with what was given when it ends.
/// </summary>
internal sealed class PacketAudit
{
    private readonly PacketServing _serving;
    private readonly string _who;
    private PacketAnswering? _answering;

    public PacketAudit(PacketServing serving, Caller caller, PacketSelection selection)
    {
        _serving = serving;
        _who = $"audit: packets: {caller.Name} at {caller.Address}";
        serving.Audit($"{_who} asks for {selection.Words()}");
    }

    /// <summary>`done`, `cut`, `partial`, `cancelled`, `failed`.</summary>
    public string Outcome { get; set; } = "failed";

    public string Note { get; set; } = "";

    public void Follow(PacketAnswering answering) => _answering = answering;

    public void End()
    {
        _serving.Counters.Ended(Outcome);
        var (packets, bytes) = (_answering?.Packets ?? 0, _answering?.Bytes ?? 0);
        _serving.Audit(FormattableString.Invariant($"{_who} got {packets} packets in {bytes} bytes: {Outcome}")
            + (Note.Length == 0 ? "" : $": {Note}"));
    }
}
