namespace NetSniff.Wire.Ring;

/// <summary>A worker as the ring sees it.</summary>
/// <param name="Name">What stays the same when it comes back at another address: the pod of a StatefulSet.</param>
/// <param name="Address">Host and port of its ingest.</param>
/// <param name="Weight">Its share beside the others': 100 is a whole one. A worker that falls behind says less, and the
/// neighbours take what it sheds.</param>
public sealed record RingMember(string Name, string Address, int Weight = RingMember.WholeWeight)
{
    public const int WholeWeight = 100;
}
