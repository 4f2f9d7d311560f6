namespace NetSniff.Protocols.Labels;

/// <summary>Queues, brokers and remote calls between services.</summary>
internal static class Messaging
{
    /// <summary>A request says how long it is, which call in which version, who asks.</summary>
    public static bool IsKafka(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 14, CallLast = 92, VersionLast = 20, NameBytesMax = 255;
        var length = Wire.U32(bytes, 0);
        if (bytes.Length < Size || length is < Size - 4 or > Wire.MessageBytesMax) return false;
        var isPort = hints.IsPort(9092);
        if (length + 4 != bytes.Length && !(isPort && length + 4 > bytes.Length)) return false;
        if (Wire.U16(bytes, 4) > CallLast || Wire.U16(bytes, 6) > VersionLast
            || Wire.U32(bytes, 8) > int.MaxValue) return false;

        var name = Wire.U16(bytes, 12);
        if (name == 0xFFFF) return isPort;
        return name is > 0 and <= NameBytesMax && Size + name <= bytes.Length
            && Words.IsPrintable(bytes.Slice(Size, name));
    }

    /// <summary>AMQP begins with its name and version; a frame in the middle ends in 0xCE (0-9-1 section 4.2.3).
    /// </summary>
    public static bool IsAmqp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        if (Wire.Has(bytes, 0, "AMQP"u8)) return bytes.Length >= 8 && bytes[4] <= 3 && bytes[5] <= 1;
        var length = Wire.U32(bytes, 3);
        return hints.IsPort(5672) && Wire.U8(bytes, 0) is 1 or 2 or 3 or 8 && length is >= 0 and < Wire.MessageBytesMax
            && Wire.U8(bytes, 7 + (int)length) == 0xCE;
    }

    /// <summary>MQTT sections 2.1 and 3.1: a CONNECT names the protocol; a CONNACK alone needs the port.</summary>
    public static bool IsMqtt(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Connect = 0x10, ConnectAck = 0x20, Ping = 0xC0, Pong = 0xD0, Bye = 0xE0;
        if (bytes.Length < 4) return hints.IsPort(1883) && bytes.Length == 2 && bytes[0] is Ping or Pong or Bye
            && bytes[1] == 0;
        if (bytes[0] == ConnectAck) return hints.IsPort(1883) && bytes[1] + 2 == bytes.Length && bytes[2] <= 1
            && bytes[3] < 0xA3;
        if (bytes[0] != Connect) return IsMqttMiddle(bytes, hints);

        var at = 1;
        while (at < 5 && at < bytes.Length && (bytes[at] & 0x80) != 0) at++;
        at++;
        return Wire.Has(bytes, at, "\0\u0004MQTT"u8) || Wire.Has(bytes, at, "\0\u0006MQIsdp"u8);
    }

    private static bool IsMqttMiddle(ReadOnlySpan<byte> bytes, ProbeHints hints)
    {
        if (!hints.IsPort(1883) || bytes[1] + 2 != bytes.Length || (bytes[1] & 0x80) != 0) return false;
        return (bytes[0] >> 4, bytes[0] & 15) switch
        {
            (3, _) => Wire.U16(bytes, 2) + 2 <= bytes[1] && Wire.U16(bytes, 2) > 0,
            (8, 2) => bytes[1] > 4,
            (9, 0) => bytes[1] >= 3,
            (4 or 5 or 7, 0) or (6, 2) => bytes[1] is 2 or 3 or 4,
            _ => false,
        };
    }

    /// <summary>NATS: the server says INFO and an object, the client CONNECT and an object.</summary>
    public static bool IsNats(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        Wire.Has(bytes, 0, "INFO {\""u8) || (Wire.Has(bytes, 0, "CONNECT {\""u8) && direction == Direction.ToServer)
        || (hints.IsPort(4222) && (Wire.Has(bytes, 0, "PING\r\n"u8) || Wire.Has(bytes, 0, "PONG\r\n"u8)
            || Wire.Has(bytes, 0, "PUB "u8) || Wire.Has(bytes, 0, "SUB "u8) || Wire.Has(bytes, 0, "MSG "u8)));

    /// <summary>STOMP 1.2: a command, headers, a zero.</summary>
    public static bool IsStomp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        var line = Words.Line(bytes);
        if (!line.SequenceEqual("CONNECT"u8) && !line.SequenceEqual("STOMP"u8)
            && !line.SequenceEqual("CONNECTED"u8)) return false;
        var header = Words.Line(bytes[(bytes.IndexOf((byte)'\n') + 1)..]);
        return header.IndexOf((byte)':') > 0 && bytes.Contains((byte)0);
    }

    /// <summary>A ConnectRequest of 44 bytes, 45 with the read-only flag; its answer is 36 or 37.</summary>
    public static bool IsZookeeper(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        var length = Wire.U32(bytes, 0);
        if (length + 4 != bytes.Length || Wire.U32(bytes, 4) != 0) return false;
        return length switch
        {
            44 or 45 => Wire.U32(bytes, 28) == 16 && Wire.U32(bytes, 16) is > 0 and < 1_000_000,
            36 or 37 => Wire.U32(bytes, 20) == 16 && Wire.U32(bytes, 8) is > 0 and < 1_000_000,
            _ => false,
        };
    }

    /// <summary>Gearman: zero, REQ or RES, type, length.</summary>
    public static bool IsGearman(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        (Wire.Has(bytes, 0, "\0REQ"u8) || Wire.Has(bytes, 0, "\0RES"u8)) && Wire.U32(bytes, 4) is >= 1 and <= 42
        && Wire.U32(bytes, 8) >= 0;

    /// <summary>Thrift's strict binary encoding, alone or framed: version 1, kind, name of the call.</summary>
    public static bool IsThrift(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int NameBytesMax = 128;
        if (Wire.U8(bytes, 0) == 0)
        {
            var length = Wire.U32(bytes, 0);
            if (length < 12 || length + 4 < bytes.Length) return false;
            bytes = bytes[4..];
        }

        if (Wire.U24(bytes, 0) != 0x800100 || Wire.U8(bytes, 3) is not (>= 1 and <= 4)) return false;
        var name = Wire.U32(bytes, 4);
        return name is > 0 and <= NameBytesMax && 8 + name + 4 < bytes.Length
            && Words.IsPrintable(bytes.Slice(8, (int)name));
    }

    /// <summary>Financial exchange: `8=FIX.4.4|9=length|35=type`, with byte 1 between the fields.</summary>
    public static bool IsFix(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        Wire.Has(bytes, 0, "8=FIX"u8) && bytes[..Math.Min(bytes.Length, 24)].IndexOf("\u00019="u8) > 0;

    /// <summary>Apache JServ: a magic for each direction and the length behind it.</summary>
    public static bool IsAjp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int ForwardRequest = 2, Shutdown = 7, Ping = 8, CPing = 10, SendBody = 3, GetBody = 6, CPong = 9;
        var length = Wire.U16(bytes, 2);
        if (length < 1 || length > bytes.Length - 4 && bytes.Length < 1024) return false;
        var code = Wire.U8(bytes, 4);
        if (Wire.U16(bytes, 0) == 0x1234)
        {
            return code is Shutdown or Ping or CPing ? length == 1 : code == ForwardRequest
                && Wire.U8(bytes, 5) is >= 1 and <= 28;
        }

        return Wire.U16(bytes, 0) == 0x4142 && (code is >= SendBody and <= GetBody or CPong);
    }

    /// <summary>Zabbix agents, proxies and servers.</summary>
    public static bool IsZabbix(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        Wire.Has(bytes, 0, "ZBXD"u8) && Wire.U8(bytes, 4) is >= 1 and <= 7 && bytes.Length >= 13;
}
