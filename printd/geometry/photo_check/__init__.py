"""What a service can make of a photo: the rules of the field, measured before anything is paid."""
