using NetSniff.Records;

namespace NetSniff.Protocols.Ntp;

/// <summary>A message that manages a server rather than tells the time: modes 6 and 7, the ones that reflect floods.
/// </summary>
public readonly struct NtpManagementRecord : IRecord
{
    public static RecordInfo Info { get; } = new(
        "ntp_management",
        "One NTP control (mode 6) or private (mode 7) message.",
        "{ntp_management.mode_name}{ntp_management.answer? answer}  operation {ntp_management.operation}  "
            + "{ntp_management.bytes} bytes");

    public byte Mode { get; init; }
    public byte Version { get; init; }
    public bool IsAnswer { get; init; }
    public byte Operation { get; init; }
    public int Bytes { get; init; }

    public void Describe<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
    {
        visitor.Number("ntp_management.mode", "6 control (RFC 9327), 7 private to ntpd", Mode);
        visitor.Text("ntp_management.mode_name", "Mode by name: control or private", NtpMode.Name(Mode));
        visitor.Number("ntp_management.version", "Protocol version", Version);
        visitor.Flag("ntp_management.answer", "An answer, and not a request", IsAnswer);
        visitor.Number("ntp_management.operation", "Control: the opcode, 2 reads variables; private: the request code, "
            + "20 and 42 list clients", Operation);
        visitor.Number("ntp_management.bytes", "Bytes of the message", (ulong)Bytes);
    }
}
