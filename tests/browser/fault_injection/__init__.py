"""What may go wrong during a call goes wrong, in two real browsers: nothing that was called saved is lost."""
