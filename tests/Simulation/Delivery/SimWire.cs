using NetSniff.Wire.Delivery;
using NetSniff.Wire.V1;

namespace NetSniff.Tests.Simulation.Delivery;

/// <summary>A connection: what was said on either side and not yet heard on the other. Each side learns of its end by
/// itself, the worker perhaps long after.</summary>
internal sealed class SimWire
{
    public Queue<FromSensor> Up { get; } = new();

    public Queue<FromWorker> Down { get; } = new();

    public IInboxSession? Session { get; set; }

    /// <summary>The sensor will find nothing more here.</summary>
    public bool IsCut { get; private set; }

    /// <summary>After what is still to be heard the worker has ended it.</summary>
    public bool IsEnded { get; private set; }

    public void Cut()
    {
        IsCut = true;
        Down.Clear();
        Session?.Dispose();
    }

    public void EndInOrder()
    {
        IsEnded = true;
        Up.Clear();
        Session?.Dispose();
    }
}
