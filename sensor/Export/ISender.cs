using NetSniff.Wire.Ring;

namespace NetSniff.Sensor.Export;

/// <summary>Sends one worker its lanes, beside all else.</summary>
internal interface ISender : IDisposable
{
    RingMember Member { get; }

    bool IsUp { get; }

    /// <summary>It runs no more.</summary>
    bool IsOver { get; }

    /// <summary>The worker ended the last conversation in order.</summary>
    bool HasLeft { get; }

    /// <summary>What the worker last said of its load.</summary>
    int Weight { get; }

    /// <summary>Why there is no connection; null while there is one.</summary>
    string? Problem { get; }

    /// <summary>Ends at once.</summary>
    Task EndAsync();

    /// <summary>Sends what waits, waits for its acknowledgement, and ends.</summary>
    Task CloseAsync();
}
