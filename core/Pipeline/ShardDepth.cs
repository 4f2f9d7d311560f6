namespace NetSniff.Pipeline;

/// <summary>How much is done with each packet. On every rung every packet is counted into its flow.</summary>
public enum DepthRung : byte
{
    /// <summary>Payloads are read.</summary>
    Full,

    /// <summary>Payloads of some flows are read, whole; of the others headers.</summary>
    SampledFlows,

    /// <summary>No payload is read. TCP's state, round trips and retransmissions still are.</summary>
    HeadersOnly,

    /// <summary>Packets, bytes, flags and how flows end.</summary>
    FlowsOnly,
}

/// <param name="OneIn">Of how many flows one is read where flows are sampled.</param>
public readonly record struct ShardDepth(DepthRung Rung, int OneIn = 1)
{
    public static ShardDepth Full => default;

    public override string ToString() => Rung switch
    {
        DepthRung.Full => "full",
        DepthRung.SampledFlows => $"1 in {OneIn} flows",
        DepthRung.HeadersOnly => "headers only",
        _ => "flows only",
    };
}
