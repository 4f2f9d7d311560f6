namespace NetSniff.Wire.Control;

/// <summary>The stage of the ledger that tells of raw packets. What it lost is missing in no answer about records.
/// </summary>
public static class PacketStage
{
    public const string Name = "packets";
}
