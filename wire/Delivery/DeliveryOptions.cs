using System.Net;
using Grpc.Core;
using NetSniff.Wire.Security;

namespace NetSniff.Wire.Delivery;

/// <summary>How a sensor talks to workers.</summary>
public sealed record DeliveryOptions
{
    /// <summary>The spool's id: 32 hex digits.</summary>
    public required string Sensor { get; init; }

    public required string Node { get; init; }

    public required string Version { get; init; }

    /// <summary>Null for plain HTTP/2, which only tests and a loopback should ask for.</summary>
    public ClientSecurity? Security { get; init; }

    /// <summary>HTTP/3 where this platform and the worker have it, else HTTP/2.</summary>
    public bool PrefersQuic { get; init; }

    public TimeSpan StatusEvery { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>First pause before another try; each further one is twice as long.</summary>
    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A connection, and the Welcome on it, take no longer.</summary>
    public TimeSpan GreetingMax { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>What else a connection carries, from the Welcome to its end: tasks.</summary>
    public Func<CallInvoker, CancellationToken, Task>? Beside { get; init; }

    /// <summary>Told of both ends of each connection that is made.</summary>
    public Action<IPEndPoint, IPEndPoint>? Connected { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
